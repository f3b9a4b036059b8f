import type { ClusterServerJson } from '../../shared/api/cluster-json.ts'
import { toText } from '../../shared/page/browser/elements.ts'
import { h, type Shown, setAttribute, svg } from './dom.ts'
import type { Trends } from './trends.ts'
import { isDrained, printNumber, printPercent, printSpan, stateClass } from './words.ts'

export interface RowActions {
  open(id: string): void
  drain(id: string): void
}

/** A server at a position of the list. */
export interface Placed {
  server: ClusterServerJson
  index: number
}

const cell = (name: string, ...children: (Node | string)[]) =>
  h('div', { role: 'cell', class: name }, ...children)

/** One row of the list of servers. */
export function serverRow({ server: { id } }: Placed, trends: Trends, actions: RowActions): Shown<Placed> {
  const about = h('small', { dir: 'auto' })
  const open = h('button', { type: 'button', class: 'link', title: 'Details and chart' }, h('bdi', {}, id))
  const state = h('span', { class: 'badge' })
  const load = bar()
  const count = h('span')
  const line = svg('polyline', { fill: 'none', stroke: 'currentColor', 'stroke-width': '1.5' })
  const trend = svg('svg', { viewBox: '0 0 60 20', role: 'img', class: 'trend' }, line)
  const joins = h('span')
  const age = h('span')
  const drain = h('button', { type: 'button', class: 'button' })
  open.addEventListener('click', () => actions.open(id))
  drain.addEventListener('click', () => actions.drain(id))
  const root = h(
    'div',
    { role: 'row', class: 'row' },
    cell('name', open, about),
    cell('state', state),
    cell('load', load.root, count),
    cell('trendcell', trend),
    cell('joins', joins, h('small', {}, ' joins/min')),
    cell('age', age, h('small', {}, ' ago')),
    cell('act', drain),
  )
  return {
    root,
    show({ server, index }) {
      root.style.setProperty('--at', String(index))
      setAttribute(root, 'aria-rowindex', String(index + 2))
      toText(
        about,
        [server.role, server.polled ? 'polled' : (server.version ?? ''), ...(server.notes ?? [])]
          .filter(Boolean)
          .join(' · '),
      )
      toText(state, server.out ?? 'in')
      setAttribute(state, 'class', `badge ${stateClass(server)}`)
      load.show(server.utilisation)
      toText(count, `${printNumber(server.listeners)} of ${printNumber(server.maxListeners)}`)
      setAttribute(line, 'points', trends.line(server.id))
      setAttribute(trend, 'aria-label', `load is ${trends.words(server.id)}`)
      toText(joins, server.joinsPerMinute === null ? '–' : printNumber(server.joinsPerMinute))
      toText(age, printSpan(server.ageSeconds))
      toText(drain, isDrained(server) ? 'Undrain' : 'Drain')
      setAttribute(drain, 'aria-label', `${isDrained(server) ? 'Undrain' : 'Drain'} ${server.id}`)
    },
  }
}

/** A bar that is full at 1. */
export function bar(): Shown<number> {
  const inner = h('i')
  const root = h('div', { class: 'bar', role: 'img' }, inner)
  return {
    root,
    show(share) {
      const width = `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`
      if (inner.style.width !== width) inner.style.width = width
      setAttribute(root, 'aria-label', `${printPercent(share)} used`)
      const kind = share >= 0.95 ? 'bad' : 'warn'
      setAttribute(root, 'class', share >= 0.8 ? `bar ${kind}` : 'bar')
    },
  }
}
