import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { printMachine } from '../bench/table.ts'
import { readArguments } from '../command-line.ts'
import { drawCurves } from './curves.ts'
import { soakHls } from './hls.ts'
import { soakListeners } from './listeners.ts'
import { failuresOf } from './outcome.ts'
import { soakPeers } from './peers.ts'
import { parsePlan, parts } from './plan.ts'

const usage = `npm run soak -- [${parts.join('|')}]…   plays for long with real programs, and says what failed; all parts

  --minutes N        of listeners who come and go (60, or SOAK_MINUTES)
  --listeners N      of them at any time (500)
  --peer-seconds N   of each encoder and player (60)
  --svg FILE         for the curves of memory and descriptors`

const plan = readArguments(usage, (args) => parsePlan(args, process.env))
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    console.log(`${signal}: results so far`)
    stopping.abort()
  })

const failures: string[] = []
console.log(printMachine(Date.now()))
if (plan.parts.includes('peers') && !(await soakPeers(plan, stopping.signal)))
  failures.push('a third-party encoder or player failed, see above')
if (plan.parts.includes('listeners')) {
  const outcome = await soakListeners(plan, stopping.signal, console.log)
  if (plan.svg !== undefined) writeFileSync(plan.svg, drawCurves(outcome.record))
  failures.push(...failuresOf(outcome))
}
if (plan.parts.includes('hls')) failures.push(...(await soakHls(stopping.signal, console.log)))
console.log(failures.length === 0 ? 'No failures.' : `Failures:\n${failures.join('\n')}`)
process.exit(failures.length === 0 ? 0 : 1)
