import { writeFileSync } from 'node:fs'
import { readArguments } from '../command-line.ts'
import { benchBeside } from './beside.ts'
import { benchFanOut } from './fan-out.ts'
import { benchHistory } from './history.ts'
import { benchHls } from './hls.ts'
import { benchJoins } from './joins.ts'
import { benchMounts } from './mounts/bench.ts'
import { benchPages } from './pages.ts'
import { benchPick } from './pick.ts'
import { type Plan, parseWish } from './plan.ts'
import { benchRedirects } from './redirects.ts'
import { benchReports } from './reports.ts'
import { benchRestart } from './restart.ts'
import { printMachine, printTable, type Table } from './table.ts'
import { benchWorkers } from './workers.ts'

interface Bench {
  run(plan: Plan): Promise<Table>
  /** default number and length of rounds: all benches together take a quarter of an hour */
  rounds: number
  seconds: number
}

/** The benches by name, in the order in which they run. */
const benches = new Map<string, Bench>([
  ['redirects', { run: benchRedirects, rounds: 2, seconds: 2 }],
  ['reports', { run: benchReports, rounds: 1, seconds: 2 }],
  ['workers', { run: benchWorkers, rounds: 5, seconds: 1 }],
  ['beside', { run: benchBeside, rounds: 1, seconds: 5 }],
  ['pages', { run: benchPages, rounds: 1, seconds: 1 }],
  ['restart', { run: benchRestart, rounds: 3, seconds: 1 }],
  ['pick', { run: benchPick, rounds: 1, seconds: 1 }],
  ['history', { run: benchHistory, rounds: 1, seconds: 1 }],
  ['fan-out', { run: benchFanOut, rounds: 1, seconds: 6 }],
  ['hls', { run: benchHls, rounds: 1, seconds: 16 }],
  ['mounts', { run: benchMounts, rounds: 1, seconds: 10 }],
  ['joins', { run: benchJoins, rounds: 1, seconds: 3 }],
])

const usage = `npm run bench -- [NAME…]   measures distributary beside others, and prints tables; all of them take a quarter of an hour

  --rounds N, --seconds N   how often and how long each is measured (by the bench)
  --servers N,…             servers that an edge knows (10,100,1000,10000)
  --listeners N,…           of fan-out and hls (1000,5000)
  --runtimes NAME,…         (bun,deno,node)
  --out FILE                for the tables, in addition

Benches: ${[...benches.keys()].join(', ')}`

const wish = readArguments(usage, parseWish)
const wanted = wish.benches.length === 0 ? [...benches.keys()] : wish.benches
const chosen = wanted.map((name) => {
  const bench = benches.get(name)
  if (!bench) throw new Error(`bench is "${name}", expected ${[...benches.keys()].join(', ')}`)
  return bench
})

const printed: string[] = []
const print = (text: string) => {
  printed.push(text)
  console.log(text)
}
print(printMachine(Date.now()))
for (const { run, rounds, seconds } of chosen)
  print(printTable(await run({ ...wish, rounds: wish.rounds ?? rounds, seconds: wish.seconds ?? seconds })))
if (wish.out !== undefined) writeFileSync(wish.out, printed.join('\n'))
