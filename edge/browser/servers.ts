import type { ClusterJson, ClusterServerJson } from '../../shared/api/cluster-json.ts'
import { element, toText } from '../../shared/page/browser/elements.ts'
import { KeyedList, setAttribute } from './dom.ts'
import { type Placed, type RowActions, serverRow } from './server-row.ts'
import { isSorting, pickServers, rowsInView } from './sorting.ts'
import { trendHistories } from './trend-histories.ts'
import { Trends } from './trends.ts'
import { printNumber } from './words.ts'

/** The list of servers. Only the rows in view are in the page, so that a cluster of thousands costs no more than one of twenty. */
export function serverPanel(root: HTMLElement, actions: RowActions): (cluster: ClusterJson) => void {
  const trends = new Trends()
  const filter = element<HTMLInputElement>(root, 'input')
  const order = element<HTMLSelectElement>(root, 'select')
  const viewport = element(root, '.viewport')
  const rows = element(root, '.rows')
  const table = element(root, '[role=table]')
  const found = element(root, '.found')
  const list = new KeyedList<Placed>(
    rows,
    ({ server }) => server.id,
    (placed) => serverRow(placed, trends, actions),
  )
  const wantHistories = trendHistories(trends, () => showRows())
  let seconds = 0
  let all: readonly ClusterServerJson[] = []
  let picked: readonly ClusterServerJson[] = []

  const showRows = () => {
    const rowHeight = Number.parseFloat(getComputedStyle(rows).getPropertyValue('--row-px')) || 64
    const { first, last } = rowsInView(
      { top: viewport.scrollTop, height: viewport.clientHeight, rowHeight },
      picked.length,
    )
    const inView = picked.slice(first, last).map((server, i) => ({ server, index: first + i }))
    list.show([...inView, ...focused(inView)])
    wantHistories(
      inView.map(({ server }) => server),
      seconds,
    )
  }
  /** the row with the focus stays, however far it is scrolled away */
  const focused = (inView: readonly Placed[]): Placed[] => {
    const at = document.activeElement?.closest('.row')?.getAttribute('aria-rowindex')
    const index = at === null || at === undefined ? -1 : Number(at) - 2
    const server = rows.contains(document.activeElement) ? picked[index] : undefined
    return server && !inView.some((placed) => placed.index === index) ? [{ server, index }] : []
  }
  const showAll = () => {
    picked = pickServers(all, filter.value, isSorting(order.value) ? order.value : 'problems first')
    rows.style.setProperty('--rows', String(picked.length))
    setAttribute(table, 'aria-rowcount', String(picked.length + 1))
    toText(
      found,
      picked.length === all.length ? '' : `${printNumber(picked.length)} of ${printNumber(all.length)}`,
    )
    showRows()
  }
  filter.addEventListener('input', showAll)
  order.addEventListener('change', showAll)
  viewport.addEventListener('scroll', () => requestAnimationFrame(showRows), { passive: true })
  window.addEventListener('resize', showRows)
  const none = element(root, '.none')
  return ({ at, servers }) => {
    all = servers
    seconds = Date.parse(at) / 1000
    trends.look(servers, seconds)
    none.hidden = servers.length > 0
    showAll()
  }
}
