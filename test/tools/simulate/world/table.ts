import { type CrowdOutcome, rejectedPercent } from '../outcome.ts'
import { markdown, mean, type Result } from '../table.ts'

const head = [
  'scenario',
  'policy',
  'rejected at the first hop %',
  'mean km',
  'of the nearest',
  'at the nearest %',
  'points apart in a city',
]

/** The scenarios with the cities of the world: a row for what is nearest, and one for each policy. */
export function worldTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ scenario, outcomes }) => {
    const all = [...outcomes]
    const [first] = all
    const cells = (own: readonly CrowdOutcome[]) => {
      const accepted = ({ joins, rejected }: CrowdOutcome) => Math.max(1, joins - rejected)
      return [
        mean(own, rejectedPercent).toFixed(2),
        mean(own, (each) => each.km / accepted(each)).toFixed(0),
        mean(own, (each) => each.km / Math.max(1, each.kmNearest)).toFixed(2),
        mean(own, (each) => (100 * each.atNearest) / accepted(each)).toFixed(0),
        mean(own, (each) => 100 * each.citySpread).toFixed(1),
      ]
    }
    const nearest =
      first && mean(first[1], (each) => each.kmNearest / (each.joins - each.rejected)).toFixed(0)
    return [
      [
        `${scenario.name}: ${scenario.title}`,
        'nearest, with room or not',
        '',
        `${nearest}`,
        '1.00',
        '100',
        '',
      ],
      ...all.map(([policy, own]) => ['', policy, ...cells(own)]),
    ]
  })
  return rows.length === 0 ? '' : `${markdown([head, ...rows])}\n`
}
