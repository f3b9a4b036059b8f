import { playlistTypes } from '../../shared/http/playlist.ts'
import type { Mount } from '../../shared/mount.ts'
import type { Html } from '../../shared/page/layout.ts'
import { formatName, type MountCard, mountCards } from '../../shared/page/mount-card.ts'
import type { Stats } from '../stats/stats.ts'
import type { StatsTree } from '../stats/tree.ts'
import { printLayout } from './layout.ts'
import { currentTitle } from './now-playing.ts'

const playlists = [...Object.keys(playlistTypes), 'vclt']
/** how often an open page asks for new titles */
const everyMs = 4000

/** `/status.xsl`: the public mounts, with players. */
export function statusPage({ server, mounts }: StatsTree): Html {
  const cards = [...mounts].map(([mount, stats]) => card(mount, stats))
  const none = 'Nothing is playing at the moment.'
  return printLayout({
    title: `${server.host}`,
    under: `${server.location}`,
    links: [
      ['/server_version.xsl', 'About'],
      ['/admin/', 'Admin'],
    ],
    body: mountCards(cards, { from: '/status-json.xsl', everyMs, none: cards.length === 0 ? none : '' }),
    live: true,
  })
}

const card = (mount: Mount, stats: Stats): MountCard => ({
  mount,
  name: nameOf(mount, stats),
  now: currentTitle(stats),
  description: describe(stats),
  facts: factsOf(stats),
  listeners: Number(stats.listeners ?? 0),
  peak: Number(stats.listener_peak ?? 0),
  playlists,
  site: stats.server_url === undefined ? undefined : `${stats.server_url}`,
})

const nameOf = (mount: Mount, { server_name: name }: Stats) =>
  name === undefined || name === 'Unspecified name' ? mount : `${name}`

function describe({ on_demand: onDemand, server_type: type, server_description: text }: Stats): string {
  if (onDemand !== undefined) return 'Starts with its first listener.'
  if (type === undefined) return 'Has no source; its fallback plays instead.'
  return text === 'Unspecified description' ? '' : `${text}`
}

function factsOf(stats: Stats): string[] {
  const { genre, server_type: type = '', subtype } = stats
  const rate = rateOf(stats)
  return [
    genre === undefined || genre === 'various' ? '' : `${genre}`,
    [formatName(`${type}`), subtype].filter(Boolean).join(' '),
    rate > 0 ? `${rate} kbit/s` : '',
  ].filter(Boolean)
}

/** kbit/s: as set by the source, else as in the stream's header, else as measured. */
function rateOf({ bitrate, 'ice-bitrate': nominal, incoming_bitrate: measured = 0 }: Stats): number {
  return Number.parseInt(`${bitrate ?? nominal ?? Number(measured) / 1000}`, 10)
}
