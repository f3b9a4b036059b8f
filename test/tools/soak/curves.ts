import type { MemorySample } from './trend.ts'
import type { Watch } from './watch.ts'

const panel = { width: 640, height: 200, left: 60, top: 40, bottom: 40 }
const colours = ['#1d4f91', '#c0392b', '#2e7d32', '#8e44ad', '#d68910', '#117a8b']
const legendWidth = 150

/** The curves of memory and of descriptors, a panel each, a line a program. */
export function drawCurves({ programs, samples }: Watch): string {
  const height = panel.top + panel.height + panel.bottom
  const panels = [
    drawPanel('resident memory, MiB', samples, ({ residentMiB }) => residentMiB),
    drawPanel('open descriptors', samples, ({ descriptors }) => descriptors),
  ]
  const legend = programs.map(
    ({ name }, i) =>
      `<text x="${panel.left + panel.width + 12}" y="${panel.top + 14 + i * 18}" fill="${colours[i % colours.length]}">${name}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${panel.left + panel.width + legendWidth} ${2 * height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${panels.map((text, i) => `<g transform="translate(${panel.left} ${i * height + panel.top})">${text}</g>`).join('\n')}
${legend.join('\n')}
</svg>
`
}

function drawPanel(
  title: string,
  samples: readonly (readonly MemorySample[])[],
  of: (sample: MemorySample) => number,
): string {
  const all = samples.flat()
  const endS = Math.max(1, ...all.map(({ atS }) => atS))
  const most = Math.max(1, ...all.map(of))
  const x = (atS: number) => ((atS / endS) * panel.width).toFixed(1)
  const y = (value: number) => (panel.height * (1 - value / most)).toFixed(1)
  const lines = samples.map(
    (series, i) =>
      `<path d="M${series.map((sample) => `${x(sample.atS)} ${y(of(sample))}`).join(' L')}" fill="none" stroke="${colours[i % colours.length]}"/>`,
  )
  const grid = [0, 0.5, 1].map(
    (part) =>
      `<path d="M0 ${y(part * most)} H${panel.width}" stroke="#ccc"/><text x="-6" y="${Number(y(part * most)) + 4}" text-anchor="end" fill="#555">${Math.round(part * most)}</text>`,
  )
  return [
    `<text y="-12" font-weight="bold">${title}</text>`,
    ...grid,
    ...lines,
    `<text y="${panel.height + 18}" fill="#555">0 min</text>`,
    `<text x="${panel.width}" y="${panel.height + 18}" text-anchor="end" fill="#555">${(endS / 60).toFixed(0)} min</text>`,
  ].join('\n')
}
