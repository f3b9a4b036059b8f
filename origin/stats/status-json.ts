import type { Stats } from './stats.ts'
import type { StatsTree } from './tree.ts'

/** Stats that Icecast 2.4 shows only to the admin, and similar ones of ours. */
const isPrivate = (name: string) =>
  /^(max_listeners|public|source_ip|slow_listeners|total_bytes_(read|sent)|user_agent|incoming_bitrate|relays)$/.test(
    name,
  ) || name.includes('connections')
const isPrivateOfServer = (name: string) =>
  /^(sources|clients|stats|listeners|outgoing_kbitrate|slow_listeners)$/.test(name) ||
  name.includes('connections')

const without = (stats: Stats, isLeftOut: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(stats).filter(([name]) => !isLeftOut(name)))

/** The public stats of a mount. */
export const publicStats = (stats: Stats): Stats => without(stats, isPrivate)

/**
 * `/status-json.xsl` in the shape of Icecast 2.4: `source` is absent, an object or an array for 0, 1 and more mounts, and
 * `dummy` ends each source, or the server if there is none. Unlike in Icecast, text is always quoted, so that a title `-` or
 * `1e5` stays text.
 */
export function statusJson({ server, mounts }: StatsTree): object {
  const sources = [...mounts.values()].map((stats) => ({ ...publicStats(stats), dummy: null }))
  const last =
    sources.length === 0 ? { dummy: null } : { source: sources.length === 1 ? sources[0] : sources }
  return { icestats: { ...without(server, isPrivateOfServer), ...last } }
}

/** The same without its pitfalls: `source` is always an array, and each entry has its mount. */
export const publicStatsJson = ({ server, mounts }: StatsTree): object => ({
  icestats: {
    ...without(server, isPrivateOfServer),
    source: [...mounts].map(([mount, stats]) => ({ mount, ...publicStats(stats) })),
  },
})
