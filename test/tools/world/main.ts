import { parseArgs } from 'node:util'
import { messageOf } from '../../../shared/message-of.ts'
import { idle } from './guards.ts'
import { drawPlan } from './plan.ts'
import { play } from './play.ts'
import { Bites } from './rig/bites.ts'
import { shrink } from './shrink.ts'
import { tell } from './story.ts'

const usage = `npm run world -- [options]

Plays clusters of real edges and origins under simulated time, through many faults, and checks after each step that what the
README promises holds. A seed that breaks a rule is cut down and told as a story.

  --seeds N    worlds to play (default: 20)
  --minutes M  minutes of faults in each (default: 5)
  --seed S     the first seed (default: one of the clock)
  --story      tell every story, not only those that break a rule
  --help`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20' },
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string' },
      story: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const seeds = numberIn('--seeds', values.seeds)
  const minutes = numberIn('--minutes', values.minutes)
  const first =
    values.seed === undefined ? Math.floor(Date.now() / 1000) % 1_000_000 : numberIn('--seed', values.seed)
  const startedMs = performance.now()
  const bites = new Bites()
  let simulatedMs = 0
  let broken = 0
  for (let seed = first; seed < first + seeds; seed++) {
    const plan = drawPlan(seed, minutes)
    const played = await play(plan)
    bites.add(played.bites)
    simulatedMs += played.simulatedMs
    if (values.story) console.log(tell(plan, played))
    if (played.violations.length === 0) continue
    broken++
    console.log(`seed ${seed} breaks a rule: ${played.violations[0]?.rule}; it is cut down …`)
    const smallest = await shrink(plan)
    console.log(
      `${tell(smallest.plan, smallest.played)}\nagain: npm run world -- --seed ${seed} --seeds 1 --minutes ${minutes}\n`,
    )
  }
  printSummary({ bites, seeds, first, broken, simulatedMs, tookMs: performance.now() - startedMs })
  if (broken > 0) process.exitCode = 1
}

function numberIn(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} is "${text}", expected a whole number`)
  return Number(text)
}

interface Summary {
  bites: Bites
  seeds: number
  first: number
  broken: number
  simulatedMs: number
  tookMs: number
}

function printSummary({ bites, seeds, first, broken, simulatedMs, tookMs }: Summary): void {
  for (const [what, n] of [...bites.counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(n).padStart(9)}  ${what}`)
  const never = idle(bites.counts)
  console.log(never.length > 0 ? `never happened: ${never.join(', ')}` : 'everything happened at least once')
  const hours = tookMs / 3_600_000
  const faults = [...bites.counts].reduce((sum, [what, n]) => (what.startsWith('fault: ') ? sum + n : sum), 0)
  console.log(
    `${seeds} seeds from ${first}, ${broken} broke a rule; ${faults} faults and ${(simulatedMs / 3_600_000).toFixed(1)} simulated hours in ` +
      `${(tookMs / 1000).toFixed(0)} s: ${(seeds / hours).toFixed(0)} seeds and ${(faults / hours).toFixed(0)} faults an hour`,
  )
}

try {
  await main()
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 1
}
