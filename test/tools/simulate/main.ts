import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../../shared/message-of.ts'
import { type Job, runJobs } from './jobs.ts'
import { type Options, parseOptions, usage } from './options.ts'
import type { CrowdOutcome } from './outcome.ts'
import { policies as blindPolicies } from './policies.ts'
import { grid, type Scenario } from './scenarios.ts'
import { steeredTable } from './steered/table.ts'
import { plot } from './svg.ts'
import { gridTables, oursTable, type Result, scenarioTable } from './table.ts'
import { worldTable } from './world/table.ts'

/** Simulates crowds and prints the outcomes: Markdown to stdout, one plot per scenario into a folder. */
async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  if (options === 'help') {
    console.log(usage)
    return
  }
  const startedMs = performance.now()
  const results = await run(options)
  const isGrid = ({ scenario }: Result) => grid.some(({ name }) => name === scenario.name)
  const inWorld = results.filter(({ scenario }) => scenario.setting.world !== undefined)
  const others = results.filter((result) => !isGrid(result) && !inWorld.includes(result))
  const tables = [
    gridTables(results),
    others.length > 0 ? scenarioTable(others) : '',
    oursTable(results.filter((result) => !inWorld.includes(result))),
    worldTable(inWorld),
    options.isSteered ? steeredTable(options.seeds[0] ?? 1) : '',
  ]
  console.log(tables.filter((table) => table !== '').join('\n'))
  const folder = writePlots(results, options.out)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  const [first, last] = [options.seeds[0], options.seeds.at(-1)]
  console.log(
    `seeds ${first} to ${last}, of the large scenario the first; ${seconds} s on ${options.threads} threads; plots of seed ${first} in ${folder}`,
  )
}

async function run({ scenarios, policies, seeds, threads }: Options): Promise<Result[]> {
  const rows = scenarios.flatMap((scenario) =>
    policies
      .filter((policy) => (scenario.policies ?? blindPolicies).includes(policy))
      .flatMap((policy) => seeds.slice(0, scenario.seedsMost).map((seed) => ({ scenario, policy, seed }))),
  )
  const jobs: Job[] = rows.map(({ scenario, policy, seed }) => ({ setting: scenario.setting, policy, seed }))
  const outcomes = await runJobs(jobs, threads, (done) => {
    if (process.stderr.isTTY)
      process.stderr.write(`\r${done} of ${jobs.length}${done === jobs.length ? '\n' : ''}`)
  })
  const results = new Map<Scenario, Map<string, CrowdOutcome[]>>()
  for (const [i, { scenario, policy }] of rows.entries()) {
    const ofScenario = results.get(scenario) ?? new Map<string, CrowdOutcome[]>()
    results.set(
      scenario,
      ofScenario.set(policy, [...(ofScenario.get(policy) ?? []), ...outcomes.slice(i, i + 1)]),
    )
  }
  return [...results].map(([scenario, byPolicy]) => ({ scenario, outcomes: byPolicy }))
}

function writePlots(results: readonly Result[], out: string | undefined): string {
  const folder = out ?? mkdtempSync(join(tmpdir(), 'distributary-simulate-'))
  mkdirSync(folder, { recursive: true })
  for (const { scenario, outcomes } of results) {
    const first = [...outcomes].flatMap(([policy, [outcome]]) =>
      outcome ? [[policy, outcome] as const] : [],
    )
    writeFileSync(join(folder, `${scenario.name}.svg`), plot(scenario.title, first))
  }
  return folder
}

try {
  await main()
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = 1
}
