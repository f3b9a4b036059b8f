import { type CrowdOutcome, rejectedPercent } from './outcome.ts'
import { ours, policies } from './policies.ts'
import { gridEdges, gridFills, gridIntervals, gridName, type Scenario } from './scenarios.ts'

/** A scenario's outcomes by policy, one for each seed. */
export interface Result {
  scenario: Scenario
  outcomes: ReadonlyMap<string, readonly CrowdOutcome[]>
}

export const mean = (outcomes: readonly CrowdOutcome[], of: (outcome: CrowdOutcome) => number) =>
  outcomes.reduce((sum, each) => sum + of(each), 0) / outcomes.length

export const markdown = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...body] = rows
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)].join('\n')
}

const rejected = (outcomes: readonly CrowdOutcome[] | undefined) =>
  outcomes ? mean(outcomes, rejectedPercent).toFixed(2) : ''

/** Rejected joins in the flash crowd, a table for each peak fill; empty if none of them was run. */
export function gridTables(results: readonly Result[]): string {
  const find = (fill: number, intervalS: number, edges: number) =>
    results.find(({ scenario }) => scenario.name === gridName(fill, intervalS, edges))
  const tables = gridFills.flatMap((fill) => {
    const columns = gridIntervals.flatMap((intervalS) =>
      gridEdges.flatMap((edges) => {
        const result = find(fill, intervalS, edges)
        return result ? [{ head: `T=${intervalS} E=${edges}`, result }] : []
      }),
    )
    if (columns.length === 0) return []
    const rows = policies
      .filter((policy) => columns.some(({ result }) => result.outcomes.has(policy)))
      .map((policy) => [policy, ...columns.map(({ result }) => rejected(result.outcomes.get(policy)))])
    const title = `Rejected joins in %, 100,000 in 60 s, peak fill ${Math.round(fill * 100)} %`
    return [`${title}\n\n${markdown([['policy', ...columns.map(({ head }) => head)], ...rows])}\n`]
  })
  return tables.join('\n')
}

/** Rejected joins in each scenario, by policy. */
export function scenarioTable(results: readonly Result[]): string {
  const shown = policies.filter((policy) => results.some(({ outcomes }) => outcomes.has(policy)))
  const rows = results.map(({ scenario, outcomes }) => [
    `${scenario.name}: ${scenario.title}`,
    ...shown.map((policy) => rejected(outcomes.get(policy))),
  ])
  return `Rejected joins in %\n\n${markdown([['scenario', ...shown], ...rows])}\n`
}

/** Further outcomes of the crowds placed by our decision. */
export function oursTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ scenario, outcomes }) => {
    const own = outcomes.get(ours)
    if (!own) return []
    const count = (of: (outcome: CrowdOutcome) => number) => Math.round(mean(own, of)).toString()
    return [
      [
        scenario.name,
        count(({ joins }) => joins),
        rejected(own),
        count(({ unplaced }) => unplaced),
        count(({ sentBack }) => sentBack),
        count(({ sentToFault }) => sentToFault),
        count(({ lostToFault }) => lostToFault),
        count(({ forbidden }) => forbidden),
        (100 * mean(own, ({ fullShare }) => fullShare)).toFixed(1),
        mean(own, ({ endSd }) => endSd).toFixed(3),
        scenario.setting.regions.length === 0
          ? ''
          : count(({ km, joins, rejected: lost }) => km / (joins - lost)),
      ],
    ]
  })
  const head = [
    'ours in',
    'joins',
    'rejected %',
    'not redirected',
    'sent back',
    'sent to the faulty server',
    'lost there',
    'forbidden redirects',
    'servers full, % of time',
    'sd of fill at end',
    'mean km',
  ]
  return rows.length === 0 ? '' : `${markdown([head, ...rows])}\n`
}
