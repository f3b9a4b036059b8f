import uPlot from 'uplot'
import type { ClusterJson } from '../../shared/api/cluster-json.ts'
import type { HistoryJson } from '../../shared/api/history-json.ts'
import { messageOf } from '../../shared/message-of.ts'
import { element, toText } from '../../shared/page/browser/elements.ts'
import { h, setAttribute } from './dom.ts'
import { type Points, pointsOf, withPresent } from './points.ts'
import { askJson } from './poll.ts'
import { printNumber, printShort } from './words.ts'

/** What a chart is about: the whole cluster, a mount, or a server. */
export type Scope = { mount: string } | { server: string } | undefined

/** s of each range, and of its steps: at most 400 points */
const ranges: Readonly<Record<string, { span: number; step: number }>> = {
  '1 h': { span: 3600, step: 60 },
  '24 h': { span: 86_400, step: 300 },
  '7 d': { span: 7 * 86_400, step: 3600 },
  '1 y': { span: 365 * 86_400, step: 86_400 },
}
/** ms after which the history is asked for again; between, the end of the line follows each look at the cluster */
const freshMs = 30_000
const height = 240
/** ms by which the edge's clock has to differ for the history to be asked for again */
const clockJumpMs = 30_000

/** Listeners over time. Returns what shows the present, and what chooses the scope. */
export function chartPanel(root: HTMLElement) {
  const place = element(root, '.plot')
  const note = element(root, '.note')
  const reset = element<HTMLButtonElement>(root, '.whole')
  const title = element(root, '.scope')
  let scope: Scope
  let range = '1 h'
  let points: Points = [[], [], []]
  let plot: uPlot | undefined
  let askedMs = Number.NEGATIVE_INFINITY

  /** the edge's clock: that of this computer may be wrong */
  let aheadMs = 0
  const edgeSeconds = () => (Date.now() + aheadMs) / 1000

  const draw = () => {
    plot?.destroy()
    plot = new uPlot(options(place.clientWidth || 320, spanOf(range), edgeSeconds), points, place)
  }
  const load = async () => {
    askedMs = performance.now()
    const { span, step } = ranges[range] ?? { span: 3600, step: 60 }
    const now = edgeSeconds()
    const query = new URLSearchParams({ ...scope, from: iso(now - span), to: iso(now), step: String(step) })
    const wanted = query.toString()
    try {
      const { rows } = await askJson<HistoryJson>(`/api/history?${wanted}`)
      points = pointsOf(rows, step)
      toText(note, rows.length === 0 ? 'Nothing is known of that time yet.' : '')
    } catch (error) {
      points = [[], [], []]
      toText(note, `No history: ${messageOf(error)}`)
    }
    draw()
  }
  const choose = (next: Scope) => {
    scope = next
    title.replaceChildren(
      next ? h('bdi', {}, 'mount' in next ? next.mount : next.server) : 'all servers and mounts',
    )
    reset.hidden = next === undefined
    void load()
  }
  for (const button of root.querySelectorAll<HTMLInputElement>('input[name=range]'))
    button.addEventListener('change', () => {
      range = button.value
      void load()
    })
  reset.addEventListener('click', () => choose(undefined))
  window.addEventListener('resize', () => plot?.setSize({ width: place.clientWidth, height }))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
  choose(undefined)
  return {
    choose(next: Scope) {
      choose(next)
      root.scrollIntoView({ block: 'nearest' })
    },
    show(cluster: ClusterJson) {
      const before = aheadMs
      aheadMs = Date.parse(cluster.at) - Date.now()
      if (Math.abs(aheadMs - before) > clockJumpMs) return void load()
      if (performance.now() - askedMs > freshMs) return void load()
      const listeners = listenersOf(cluster, scope)
      if (listeners === undefined || !plot) return
      plot.setData(withPresent(points, Date.parse(cluster.at) / 1000, listeners))
      const peak = Math.max(listeners, ...points[2].map((each) => each ?? 0))
      setAttribute(
        place,
        'aria-label',
        `Now ${printNumber(listeners)}, at most ${printNumber(peak)} in ${range}`,
      )
    },
  }
}

const spanOf = (range: string) => ranges[range]?.span ?? 3600

const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

function listenersOf({ totals, mounts, servers }: ClusterJson, scope: Scope): number | undefined {
  if (!scope) return totals.listeners
  return 'mount' in scope
    ? mounts.find(({ mount }) => mount === scope.mount)?.listeners
    : servers.find(({ id }) => id === scope.server)?.listeners
}

/** The time of a tick: `14:05` on a day, else `25 Nov`. */
function printTick(seconds: number, span: number): string {
  const at = new Date(seconds * 1000)
  return span <= 86_400
    ? at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
    : at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
}

const colour = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

function options(width: number, span: number, now: () => number): uPlot.Options {
  const grid = { stroke: colour('line'), width: 1 }
  const ticks = { ...grid, size: 4 }
  const axis = { stroke: colour('dim'), grid, ticks, font: '12px system-ui, sans-serif' }
  const value = (_: uPlot, n: number | null) => (n === null ? '–' : printNumber(n))
  const time = {
    value: (_: uPlot, s: number | null) => (s === null ? '–' : new Date(s * 1000).toLocaleString('en-GB')),
  }
  return {
    width,
    height,
    scales: {
      x: { range: () => [now() - span, now()] },
      y: { range: (_, __, max) => [0, Math.max(5, max * 1.1)] },
    },
    axes: [
      { ...axis, values: (_, ticksAt) => ticksAt.map((at) => printTick(at, span)) },
      {
        ...axis,
        size: 48,
        values: (_, ticksAt) => ticksAt.map((n) => (Number.isInteger(n) ? printShort(n) : '')),
      },
    ],
    series: [
      time,
      { label: 'listeners', stroke: colour('water'), width: 2, fill: `${colour('water')}22`, value },
      { label: 'peak', stroke: colour('dim'), width: 1, dash: [4, 3], points: { show: false }, value },
    ],
    cursor: { drag: { x: false, y: false } },
  }
}
