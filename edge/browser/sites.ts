import type { ClusterServerJson } from '../../shared/api/cluster-json.ts'
import { stateClass } from './words.ts'

/** Servers at one place. */
export interface Site {
  key: string
  latitude: number
  longitude: number
  ids: string[]
  listeners: number
  maxListeners: number
  worst: 'good' | 'warn' | 'bad'
}

const worse = { good: 0, warn: 1, bad: 2 }

/** sites that a map of this size can show side by side */
const sitesMax = 120
/** degrees within which servers are at one site: as few as leave the map readable */
const cells = [1, 2, 5, 10, 20]

/** The servers whose location is known, together where they are near each other. */
export function sitesOf(servers: readonly ClusterServerJson[]): Site[] {
  let sites: Site[] = []
  // as fine as servers within their own degree would need: most clusters need one look
  for (const cell of servers.length > 10 * sitesMax ? cells.slice(2) : cells) {
    sites = gathered(servers, cell)
    if (sites.length <= sitesMax) break
  }
  // the largest first, so that smaller ones lie above them
  return sites.sort((a, b) => b.maxListeners - a.maxListeners)
}

function gathered(servers: readonly ClusterServerJson[], cell: number): Site[] {
  const sites = new Map<string, Site>()
  for (const server of servers) {
    if (!server.location) continue
    const { latitude, longitude } = server.location
    const key = `${cell}: ${Math.round(latitude / cell)},${Math.round(longitude / cell)}`
    const site = sites.get(key) ?? {
      key,
      latitude,
      longitude,
      ids: [],
      listeners: 0,
      maxListeners: 0,
      worst: 'good',
    }
    sites.set(key, site)
    site.ids.push(server.id)
    site.listeners += server.listeners
    site.maxListeners += server.maxListeners
    const state = stateClass(server)
    if (worse[state] > worse[site.worst]) site.worst = state
  }
  return [...sites.values()]
}
