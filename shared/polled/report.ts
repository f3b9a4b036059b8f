import { limits } from '../limits.ts'
import { type Mount, parseMount } from '../mount.ts'
import { type AboutMount, aboutText } from '../report/about-mount.ts'
import type { MountReport, Report } from '../report/report.ts'
import { fitting, printSourcelist } from '../report/sourcelist.ts'
import type { PolledServer } from './server.ts'
import { type ServerStats, type SourceStats, StatsError } from './stats.ts'

/**
 * The report that a server which knows nothing of us would have sent, made of its stats and its operator's words.
 * Throws {@link StatsError} where they have more in them than a report may.
 */
export function reportOfStats(server: PolledServer, stats: ServerStats): Report {
  const mounts = new Map<Mount, MountReport>()
  let bandwidth = 0
  for (const source of stats.source.filter(hasFeed)) {
    const mount = mountOf(source)
    if (!mount || mounts.has(mount)) continue
    const report = mountReport(mount, source)
    mounts.set(mount, report)
    bandwidth += source.outgoing_kbitrate ?? report.listeners * (report.kbps || limits.bitrateDefaultKbps)
  }
  if (mounts.size > limits.reportMountsMax)
    throw new StatsError(`${mounts.size} mounts, expected at most ${limits.reportMountsMax}`)
  const whole: Report = {
    ...emptyReport(server),
    boot: bootOf(stats),
    listeners: stats.listeners ?? [...mounts.values()].reduce((sum, { listeners }) => sum + listeners, 0),
    bandwidth: Math.min(bandwidth, Number.MAX_SAFE_INTEGER),
    joins: stats.listener_connections,
    mounts: [...mounts.values()],
  }
  const report = fitting(whole, limits.reportBytesMax)
  if (printSourcelist(report).length > limits.reportBytesMax)
    throw new StatsError(`a report of more than ${limits.reportBytesMax} bytes`)
  return report
}

/** What is known before the first look at its stats: that it is there, and carries nothing. */
export const emptyReport = (server: PolledServer): Report => ({
  id: server.id,
  role: server.role,
  urls: [server.url],
  interval: server.interval,
  maxListeners: server.maxListeners,
  listeners: 0,
  maxBandwidth: server.maxBandwidth,
  state: 'up',
  location: server.location,
  countries: server.countries,
  mounts: [],
})

/** A mount that only a fallback serves says neither; a relay on demand that is idle has a peak (docs/protocol.md#when-a-report-is-sent). */
const hasFeed = (source: SourceStats) =>
  source.server_type !== undefined ||
  source['content-type'] !== undefined ||
  source.listener_peak !== undefined

/** The mount: by name in XML, in JSON at the end of a URL that a stock Icecast does not percent-encode. */
function mountOf(source: SourceStats): Mount | undefined {
  const name = source['@mount']
  if (name !== undefined) return parseMount(encode(name))
  const path = /^[a-z]+:\/\/[^/]*(\/.*)$/i.exec(source.listenurl ?? '')?.[1]
  return path === undefined ? undefined : (parseMount(path) ?? parseMount(encode(path)))
}

function encode(name: string): string {
  try {
    return encodeURI(name).replace(/[?#]/g, encodeURIComponent)
  } catch {
    return '' // half a surrogate pair: no name at all
  }
}

const mountReport = (mount: Mount, source: SourceStats): MountReport => ({
  mount,
  listeners: source.listeners ?? 0,
  max: source.max_listeners ?? null,
  kbps: kbpsOf(source),
  joins: source.listener_connections ?? 0,
  contentType: contentTypeOf(source),
  about: aboutOf(source),
})

/** What its stats say of the stream; Icecast's words for what nobody said are left out. */
function aboutOf(source: SourceStats): AboutMount | undefined {
  const { stream_start_iso8601: started } = source
  const sinceMs = Date.parse(started ?? '')
  const about = {
    title: aboutText(source.title),
    artist: aboutText(source.artist),
    name: saidOf(source.server_name, 'Unspecified name'),
    description: saidOf(source.server_description, 'Unspecified description'),
    genre: aboutText(source.genre),
    site: aboutText(source.server_url),
    since: Number.isNaN(sinceMs) ? undefined : new Date(sinceMs).toISOString(),
    peak: source.listener_peak,
    samplerate: source.audio_samplerate ?? source.samplerate,
    channels: source.audio_channels ?? source.channels,
  }
  return Object.values(about).some((value) => value !== undefined) ? about : undefined
}

const saidOf = (text: string | undefined, unsaid: string) => (text === unsaid ? undefined : aboutText(text))

/** kbit/s, 0 unknown. */
function kbpsOf(source: SourceStats): number {
  const declared = source.bitrate ?? source['ice-bitrate'] ?? kbpsIn(source.audio_info)
  const bits = source.audio_bitrate ?? source.incoming_bitrate ?? 0
  if (!declared) return Math.round(bits / 1000)
  return declared > limits.bitrateMaxKbps ? Math.round(declared / 1000) : declared
}

/** 2.4 makes keys of `ice-bitrate=128;ice-channels=2`, 2.5 leaves it as it is. */
const kbpsIn = (audioInfo: string | undefined) =>
  Number(/(?:^|;)(?:ice-)?bitrate=(\d{1,9})(?:;|$)/.exec(audioInfo ?? '')?.[1] ?? 0)

function contentTypeOf(source: SourceStats): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it takes out
  const type = (source.server_type ?? source['content-type'] ?? '').replace(/[\x00-\x1f\x7f]+/g, ' ').trim()
  return type.length > limits.contentTypeLengthMax ? '' : type
}

/** A start of the server is a boot: by it a counter that begins anew is told from one that fell. */
function bootOf({ server_start_iso8601, server_start }: ServerStats): string | undefined {
  const boot = (server_start_iso8601 ?? server_start ?? '').replace(/[^\x21-\x7e]+/g, '_').slice(0, 128)
  return boot === '' ? undefined : boot
}
