import { escapeMarkup } from '../../../shared/escape-markup.ts'
import { type CrowdOutcome, type FillSample, rejectedPercent } from './outcome.ts'

const panel = { width: 260, height: 150, left: 40, top: 34, gap: 16 }
const columns = 3
const titleHeight = 34

/** Fill of the servers over time, one panel per policy: the mean, the middle 80 % and the extremes. */
export function plot(
  title: string,
  outcomes: readonly (readonly [policy: string, outcome: CrowdOutcome])[],
): string {
  const cell = { width: panel.left + panel.width + panel.gap, height: panel.top + panel.height + 30 }
  const width = columns * cell.width
  const height = titleHeight + Math.ceil(outcomes.length / columns) * cell.height
  const panels = outcomes.map(([policy, outcome], i) => {
    const x = (i % columns) * cell.width + panel.left
    const y = titleHeight + Math.floor(i / columns) * cell.height + panel.top
    return `<g transform="translate(${x} ${y})">${panelOf(policy, outcome)}</g>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${panel.left}" y="22" font-size="14" font-weight="bold">${escapeMarkup(title)}</text>
${panels.join('\n')}
</svg>
`
}

function panelOf(policy: string, outcome: CrowdOutcome): string {
  const { samples } = outcome
  const endS = samples.at(-1)?.atS || 1
  const x = (atS: number) => ((atS / endS) * panel.width).toFixed(1)
  const y = (fill: number) => (panel.height * (1 - fill)).toFixed(1)
  const path = (of: (sample: FillSample) => number, from = samples) =>
    from.map((sample) => `${x(sample.atS)} ${y(of(sample))}`).join(' L')
  const band = (low: (sample: FillSample) => number, high: (sample: FillSample) => number, colour: string) =>
    `<path d="M${path(low)} L${path(high, samples.toReversed())} Z" fill="${colour}"/>`
  const grid = [0, 0.5, 1].map(
    (fill) =>
      `<path d="M0 ${y(fill)} H${panel.width}" stroke="#ccc"/><text x="-6" y="${Number(y(fill)) + 4}" text-anchor="end" fill="#555">${fill * 100} %</text>`,
  )
  return [
    `<text y="-18" font-weight="bold">${escapeMarkup(policy)}</text>`,
    `<text y="-5" fill="#a00">${rejectedPercent(outcome).toFixed(2)} % rejected</text>`,
    band(
      ({ least }) => least,
      ({ most }) => most,
      '#dbe7f5',
    ),
    band(
      ({ low }) => low,
      ({ high }) => high,
      '#a9c6e8',
    ),
    ...grid,
    `<path d="M${path(({ mean }) => mean)}" fill="none" stroke="#1d4f91" stroke-width="1.5"/>`,
    `<text x="0" y="${panel.height + 14}" fill="#555">0 s</text>`,
    `<text x="${panel.width}" y="${panel.height + 14}" text-anchor="end" fill="#555">${endS} s</text>`,
  ].join('')
}
