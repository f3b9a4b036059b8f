import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { benchFanOut } from './fan-out.ts'
import { benchPick } from './pick.ts'
import { type Plan, parsePlan } from './plan.ts'
import { benchRedirects } from './redirects.ts'
import { benchReports } from './reports.ts'
import { printMachine, printTable, type Table } from './table.ts'

/** The benches by name, in the order in which they run. */
const benches: Record<string, (plan: Plan) => Promise<Table>> = {
  redirects: benchRedirects,
  reports: benchReports,
  pick: benchPick,
  'fan-out': benchFanOut,
}

const plan = parsePlan(process.argv.slice(2))
const wanted = plan.benches.length === 0 ? Object.keys(benches) : plan.benches
for (const name of wanted)
  if (!(name in benches)) throw new Error(`bench is "${name}", expected ${Object.keys(benches).join(', ')}`)

const printed: string[] = []
const print = (text: string) => {
  printed.push(text)
  console.log(text)
}
print(printMachine(Date.now()))
for (const name of wanted) {
  const table = await benches[name]?.(plan)
  if (table) print(printTable(table))
}
if (plan.out !== undefined) writeFileSync(plan.out, printed.join('\n'))
