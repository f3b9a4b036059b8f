import { faultNamed, faults } from './all.ts'
import { isInside, runInside } from './network.ts'
import { type Options, usage } from './options.ts'
import { type Outcome, tryFault } from './trial.ts'

/** slaves of each trial */
const slaves = 3

/** The usage, and a line for each fault. */
export const list = (): string =>
  [usage, '', 'Faults:', ...faults.map(({ name, about }) => `  ${name.padEnd(15)} ${about}`)].join('\n')

/** Plays the faults that the options name, one after the other. Returns whether all held. */
export async function playAll(options: Options, stopping: AbortSignal): Promise<boolean> {
  const { names, minutes, listeners, edge, origins } = options
  const chosen = names.includes('all') ? faults : names.map(faultNamed)
  let held = true
  let { seed } = options
  for (const fault of chosen) {
    const why = fault.cannot?.() ?? fault.notOn?.(edge)
    if (why !== undefined) {
      console.log(`${fault.name}: skipped, ${why}`)
      continue
    }
    const again = [
      fault.name,
      '--seed',
      seed,
      '--minutes',
      minutes,
      '--listeners',
      listeners,
      '--edge',
      edge,
      '--origins',
      origins,
    ]
    if (fault.isInNetwork && !isInside()) {
      held = runInside(again.map(String)) === 0 && held
      seed++
      continue
    }
    console.log(`${fault.name}: edge on ${edge}, origins on ${origins}, seed ${seed}`)
    const plan = { edge, origins, slaves, listeners, seed: seed++ }
    const print = (text: string) => console.log(`  ${text}`)
    const outcome = await tryFault(fault, { plan, ms: minutes * 60_000, print, stopping })
    console.log(told(outcome))
    if (outcome.faults.length > 0) {
      held = false
      console.log(`  again: npm run faults -- ${again.join(' ')}`)
    }
    if (stopping.aborted) break
  }
  return held
}

function told({ rounds, frames, healedMs, memory, faults: found }: Outcome): string {
  const result = found.length === 0 ? 'all holds' : ['', ...found].join('\n    ')
  const lines = memory.map((line) => `  ${line}\n`).join('')
  return `${lines}  ${rounds} rounds, ${frames} frames heard, whole again within ${(healedMs / 1000).toFixed(1)} s: ${result}`
}
