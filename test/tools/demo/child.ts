import { startLifeline } from './lifeline.ts'
import type { ProgramName } from './plan.ts'
import { play } from './source.ts'

/** Each program, loaded where it runs. */
const programs: Readonly<Record<ProgramName, () => Promise<(args: readonly string[]) => unknown>>> = {
  edge: async () => (await import('../../../edge/main.ts')).runEdge,
  origin: async () => (await import('../../../origin/main.ts')).runOrigin,
  source: async () => play,
}

const isProgram = (name: string): name is ProgramName => Object.hasOwn(programs, name)

/** `distributary demo child PROGRAM …`: runs one program of a demo until the demo is gone. */
export async function runChild([name = '', ...args]: readonly string[]): Promise<void> {
  if (!isProgram(name)) throw new Error(`the demo has no program "${name}"`)
  startLifeline()
  await (await programs[name]())(args)
}
