import { type Mount, printMount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import { streamInfo } from '../icy/headers.ts'
import type { ActiveMount } from '../mount/mount.ts'
import { audioInfoStats, statOf } from './audio-info.ts'
import { type Stats, statsOf } from './stats.ts'
import { iso8601, rfc2822 } from './time.ts'

export type Described = Pick<OriginConfig, 'publicUrls' | 'mounts' | 'directories'>

const listenUrl = ({ publicUrls }: Described, mount: Mount) => `${publicUrls[0]}${printMount(mount)}`
const limitOf = (max: number | null | undefined) => max ?? 'unlimited'

/**
 * The stats of a mount with a feed: those of Icecast 2.4, `incoming_bitrate` of icecast-kh, and our `relays`. Configured
 * values override those of the source.
 */
export function sourceStats(mount: ActiveMount, config: Described): Stats {
  const settings = mountSettings(config, mount.name)
  const info = streamInfo(mount.info.headers)
  const { stream } = settings
  const told = audioInfoStats(info.audioInfo)
  const isPublic = settings.public ?? isSourcePublic(mount.info.headers)
  return statsOf({
    ...told, // a source cannot set any of the names below, except this one, as in Icecast
    ...streamFacts(mount, told['ice-bitrate']),
    audio_info: info.audioInfo,
    authenticator: settings.auth?.type,
    bitrate: stream.bitrate === undefined ? info.bitrate : statOf(stream.bitrate),
    genre: stream.genre ?? info.genre ?? 'various',
    incoming_bitrate: mount.kbps * 1000,
    listener_peak: mount.listenerPeak,
    listeners: mount.listeners,
    listenurl: listenUrl(config, mount.name),
    max_listeners: limitOf(mount.maxListeners),
    public: isPublic ? 1 : 0,
    relays: mount.relays,
    server_description: stream.description ?? info.description ?? 'Unspecified description',
    server_name: stream.name ?? info.name ?? 'Unspecified name',
    server_type: stream.type ?? mount.contentType,
    server_url: stream.url ?? info.url,
    slow_listeners: mount.slow,
    source_ip: mount.info.address,
    stream_start: rfc2822(mount.startedAtMs),
    stream_start_iso8601: iso8601(mount.startedAtMs),
    subtype: stream.subtype ?? mount.facts?.subtype,
    total_bytes_read: mount.bytesRead,
    total_bytes_sent: mount.bytesSent,
    user_agent: mount.info.headers.get('user-agent'),
    yp_currently_playing: isPublic && config.directories.length > 0 ? mount.title || undefined : undefined,
  })
}

const isSourcePublic = (headers: ReadonlyMap<string, string>) =>
  Number(headers.get('ice-public') ?? headers.get('icy-pub') ?? headers.get('x-audiocast-public')) === 1

/** Facts from the stream itself; artist and title are separate if the format separates them. */
function streamFacts(
  { facts, title }: ActiveMount,
  nominal: string | number | undefined,
): Record<string, string | number | undefined> {
  const kbps = facts?.bitrate && Math.round(facts.bitrate / 1000)
  return {
    artist: facts?.artist,
    title: (facts ? facts.title : title) || undefined,
    audio_bitrate: facts?.bitrate,
    audio_channels: facts?.channels,
    audio_samplerate: facts?.samplerate,
    'ice-bitrate': kbps ?? nominal,
    FLAC_version: facts?.flacVersion,
  }
}

/** The stats of a relay on demand that waits for its first listener. */
export const idleStats = (mount: Mount, config: Described): Stats =>
  statsOf({
    listener_peak: 0,
    listeners: 0,
    listenurl: listenUrl(config, mount),
    max_listeners: limitOf(mountSettings(config, mount).maxListeners),
    on_demand: 1,
  })

/** The stats of a configured mount without a feed, whose fallback serves its listeners. */
export const standInStats = (mount: Mount, config: Described): Stats =>
  statsOf({
    listeners: 0,
    listenurl: listenUrl(config, mount),
    max_listeners: limitOf(mountSettings(config, mount).maxListeners),
  })
