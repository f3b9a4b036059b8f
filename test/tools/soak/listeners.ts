import { eventually } from '../../kit/base/eventually.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { originRuntimes } from '../../kit/process/runtimes.ts'
import { makeCertificate } from '../../kit/process/tls.ts'
import { descriptorsSlack, heldTable, type SoakOutcome, verdictTable, visitTable } from './outcome.ts'
import type { Plan } from './plan.ts'
import { type System, startSystem } from './system.ts'
import type { Visits } from './visitors.ts'
import { Watch } from './watch.ts'

/** ms between two samples of the programs in a long run; a short one has about sixty samples */
const sampleMsMax = 10_000
/** ms within which descriptors have to be closed: an incomplete request head has a timeout of 15 s */
const backWithinMs = 60_000

/**
 * Runs listeners that come and go at an edge, a master and a slave on each runtime: measures what the servers hold over time,
 * and collects the listeners' complaints. `stopping` ends it early.
 */
export async function soakListeners(
  { minutes, listeners }: Plan,
  stopping: AbortSignal,
  print: (text: string) => void,
): Promise<SoakOutcome> {
  const certificate = makeCertificate()
  const systems: System[] = []
  const visitors: Program[] = []
  try {
    for (const runtime of originRuntimes) systems.push(await startSystem(runtime, certificate))
    const record = new Watch(
      systems.flatMap(({ programs }) => programs),
      () => performance.now(),
    )
    const before = record.descriptors()
    for (const [i, { visiting }] of systems.entries())
      visitors.push(startVisitors({ ...visiting, count: Math.ceil(listeners / systems.length), seed: i + 1 }))
    await sample(record, minutes * 60_000, stopping)
    const visits = visitors.map(lastLine)
    const dropped = (await Promise.all(systems.map((system) => system.dropped()))).reduce(
      (sum, n) => sum + n,
      0,
    )
    await Promise.all(visitors.map((program) => program.stop()))
    const isBack = () => record.descriptors().every((now, i) => now <= (before[i] ?? 0) + descriptorsSlack)
    await eventually(isBack, { withinMs: backWithinMs, everyMs: 500 }).catch(() => undefined)
    const outcome: SoakOutcome = { record, visits, dropped, before, after: record.descriptors() }
    for (const table of [heldTable(outcome), visitTable(outcome), verdictTable(outcome)]) print(table)
    return outcome
  } finally {
    await Promise.all(visitors.map((program) => program.stop()))
    await Promise.all(systems.map((system) => system.stop()))
  }
}

const startVisitors = (plan: object) => start('node', ['test/tools/soak/visitors.ts', JSON.stringify(plan)])

function lastLine(program: Program): Visits {
  const line = program.output().trimEnd().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(`visitors ended:\n${program.output().slice(-2000)}`)
  }
}

/** Samples the programs until the time is over. */
async function sample(record: Watch, forMs: number, stopping: AbortSignal): Promise<void> {
  const everyMs = Math.min(sampleMsMax, forMs / 60)
  const endMs = performance.now() + forMs
  while (performance.now() < endMs && !stopping.aborted) {
    record.take()
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
