import { printMount } from '../../shared/mount.ts'
import { serverAgent } from '../../shared/version.ts'
import type { OriginConfig } from '../config/config.ts'
import { streamInfo } from '../icy/headers.ts'
import type { ActiveMount } from '../mount/mount.ts'
import type { OriginState } from '../state.ts'
import type { Element } from './xml.ts'

type Stats = Record<string, string | number | undefined>

/** What everybody may know of a mount, by Icecast's names. */
export function publicStats(mount: ActiveMount, { publicUrls }: Pick<OriginConfig, 'publicUrls'>): Stats {
  const info = streamInfo(mount.info.headers)
  return {
    audio_info: info.audioInfo,
    bitrate: info.bitrate,
    genre: info.genre ?? 'various',
    listener_peak: mount.listenerPeak,
    listeners: mount.listeners,
    listenurl: `${publicUrls[0]}${printMount(mount.name)}`,
    server_description: info.description ?? 'Unspecified description',
    server_name: info.name ?? 'Unspecified name',
    server_type: mount.contentType,
    server_url: info.url,
    stream_start: rfc2822(mount.startedAtMs),
    stream_start_iso8601: iso8601(mount.startedAtMs),
    title: mount.title === '' ? undefined : mount.title,
  }
}

const adminStats = (mount: ActiveMount, config: OriginConfig): Stats => ({
  ...publicStats(mount, config),
  incoming_bitrate: mount.kbps * 1000,
  max_listeners: mount.maxListeners ?? 'unlimited',
  relays: mount.relays,
  slow_listeners: mount.slow,
  source_ip: mount.info.address,
  total_bytes_read: mount.bytesRead,
  total_bytes_sent: mount.bytesSent,
  user_agent: mount.info.headers.get('user-agent'),
})

const serverStats = ({ hostname, serverInfo }: OriginConfig, { startedAtMs }: OriginState) => ({
  admin: serverInfo.admin,
  host: hostname,
  location: serverInfo.location,
  server_id: serverAgent,
  server_start: rfc2822(startedAtMs),
  server_start_iso8601: iso8601(startedAtMs),
})

/** `/status-json.xsl`: `source` is absent, an object, or an array, as Icecast 2.4 has it; text is always quoted. */
export function statusJson(config: OriginConfig, state: OriginState, mounts: readonly ActiveMount[]): object {
  const sources = mounts.map((mount) => ({ ...publicStats(mount, config), dummy: null }))
  const source = sources.length === 0 ? {} : { source: sources.length === 1 ? sources[0] : sources }
  return { icestats: { ...serverStats(config, state), ...source, dummy: null } }
}

/** `/admin/stats`: the whole server, keys by name as Icecast writes them. */
export function statsXml(config: OriginConfig, state: OriginState, mounts: readonly ActiveMount[]): Element {
  const { mounts: all, load } = state
  const sources = all.list()
  const server: Stats = {
    ...serverStats(config, state),
    connections: load.connections,
    listener_connections: load.joins,
    listeners: load.listeners,
    outgoing_kbitrate: load.bandwidthKbps(),
    slow_listeners: load.slow,
    sources: sources.length,
    source_relay_connections: sources.filter(({ kind }) => kind === 'relay').length,
  }
  return [
    'icestats',
    [
      ...elements(server),
      ...mounts.map((mount) => sourceElement(mount, elements(adminStats(mount, config)))),
    ],
  ]
}

export const sourceElement = (mount: ActiveMount, content: readonly Element[]): Element => [
  'source',
  content,
  { mount: mount.name },
]

function elements(stats: Stats): Element[] {
  const known: Element[] = []
  for (const [name, value] of Object.entries(stats)) if (value !== undefined) known.push([name, value])
  return known.sort(([a], [b]) => (a < b ? -1 : 1))
}

/** `Mon, 23 Nov 2026 01:51:53 +0000` */
const rfc2822 = (ms: number) => new Date(ms).toUTCString().replace('GMT', '+0000')
/** `2026-11-23T01:51:53+0000`: Icecast writes no colon in the zone */
const iso8601 = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, '+0000')
