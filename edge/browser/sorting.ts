import type { ClusterServerJson } from '../../shared/api/cluster-json.ts'
import { stateClass } from './words.ts'

const urgency = { bad: 0, warn: 1, good: 2 }

/** How servers may be sorted; each puts the ones to look at first at the top. */
export const sortings = {
  'problems first': (a, b) => urgency[stateClass(a)] - urgency[stateClass(b)] || byId(a, b),
  load: (a, b) => b.utilisation - a.utilisation || byId(a, b),
  listeners: (a, b) => b.listeners - a.listeners || byId(a, b),
  'joins a minute': (a, b) => (b.joinsPerMinute ?? -1) - (a.joinsPerMinute ?? -1) || byId(a, b),
  name: (a, b) => byId(a, b),
} satisfies Record<string, (a: ClusterServerJson, b: ClusterServerJson) => number>

export type Sorting = keyof typeof sortings

export const isSorting = (name: string): name is Sorting => Object.hasOwn(sortings, name)

const natural = new Intl.Collator('en', { numeric: true })
/** Positions of names in their natural order. A comparison by that order is slow, and names rarely change. */
let ranks: ReadonlyMap<string, number> = new Map()

function rank(servers: readonly ClusterServerJson[]): void {
  if (servers.length === ranks.size && servers.every(({ id }) => ranks.has(id))) return
  const ids = servers.map(({ id }) => id).sort(natural.compare)
  ranks = new Map(ids.map((id, position) => [id, position]))
}

const byId = (a: ClusterServerJson, b: ClusterServerJson) => (ranks.get(a.id) ?? 0) - (ranks.get(b.id) ?? 0)

/** The servers that contain a text in their name, role, address, version or reason, sorted. */
export function pickServers(
  servers: readonly ClusterServerJson[],
  text: string,
  order: Sorting,
): ClusterServerJson[] {
  rank(servers)
  const wanted = text.trim().toLowerCase()
  const found = wanted === '' ? [...servers] : servers.filter((each) => told(each).includes(wanted))
  return found.sort(sortings[order])
}

const told = ({ id, role, urls, version, out }: ClusterServerJson) =>
  [id, role, ...urls, version ?? '', out ?? 'in'].join(' ').toLowerCase()

/** The rows of a long list that a viewport shows, and some around them. */
export function rowsInView(
  view: { top: number; height: number; rowHeight: number },
  count: number,
): { first: number; last: number } {
  const around = 4
  const first = Math.max(0, Math.floor(view.top / view.rowHeight) - around)
  const last = Math.min(count, Math.ceil((view.top + view.height) / view.rowHeight) + around)
  return { first: Math.min(first, count), last }
}
