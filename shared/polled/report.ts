import { limits } from '../limits.ts'
import { type Mount, parseMount } from '../mount.ts'
import { type AboutMount, aboutText } from '../report/about-mount.ts'
import type { MountReport, Report } from '../report/report.ts'
import { fitting, printSourcelist } from '../report/sourcelist.ts'
import type { PolledServer } from './server.ts'
import { type ServerStats, type SourceStats, StatsError } from './stats.ts'

/**
 * The report of a server that does not report, made from its stats and its operator's settings.
 * Throws {@link StatsError} if they exceed the bounds of a report.
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
    listeners: bounded(
      stats.listeners ?? [...mounts.values()].reduce((sum, { listeners }) => sum + listeners, 0),
    ),
    bandwidth: bounded(bandwidth),
    joins: stats.listener_connections,
    mounts: [...mounts.values()],
  }
  const report = fitting(whole, limits.reportBytesMax)
  if (new TextEncoder().encode(printSourcelist(report)).length > limits.reportBytesMax)
    throw new StatsError(`a report of more than ${limits.reportBytesMax} bytes`)
  return report
}

/** A sum as a report may say it. */
const bounded = (sum: number) => Math.min(sum, Number.MAX_SAFE_INTEGER)

/** The report of a server before its stats are first read: it carries no mounts. */
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

/** Whether a mount has a feed: one served only by a fallback has none of these fields, an idle relay on demand has a peak (docs/protocol.md#when-a-report-is-sent). */
const hasFeed = (source: SourceStats) =>
  source.server_type !== undefined ||
  source['content-type'] !== undefined ||
  source.listener_peak !== undefined

/** The mount: its name in XML; in JSON the end of a URL, which stock Icecast does not percent-encode. */
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
    return '' // an unpaired surrogate: not a valid name
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

/** The stats' description of the stream, without Icecast's placeholders for missing texts. */
function aboutOf(source: SourceStats): AboutMount | undefined {
  const about = {
    title: aboutText(source.title),
    artist: aboutText(source.artist),
    name: saidOf(source.server_name, 'Unspecified name'),
    description: saidOf(source.server_description, 'Unspecified description'),
    genre: aboutText(source.genre),
    site: aboutText(source.server_url),
    since: dateIn(source.stream_start_iso8601),
    peak: source.listener_peak,
    samplerate: source.audio_samplerate ?? source.samplerate,
    channels: source.audio_channels ?? source.channels,
  }
  return Object.values(about).some((value) => value !== undefined) ? about : undefined
}

/** A date as a report may say it: one of a year with more than four digits begins with a sign. */
function dateIn(text: string | undefined): string | undefined {
  const ms = Date.parse(text ?? '')
  const date = Number.isNaN(ms) ? '' : new Date(ms).toISOString()
  return /^\d/.test(date) ? date : undefined
}

const saidOf = (text: string | undefined, unsaid: string) => (text === unsaid ? undefined : aboutText(text))

/** The bit rate in kbit/s; 0 if unknown. */
function kbpsOf(source: SourceStats): number {
  const declared = source.bitrate ?? source['ice-bitrate'] ?? kbpsIn(source.audio_info)
  const bits = source.audio_bitrate ?? source.incoming_bitrate ?? 0
  if (!declared) return Math.round(bits / 1000)
  return declared > limits.bitrateMaxKbps ? Math.round(declared / 1000) : declared
}

/** Icecast 2.4 splits `ice-bitrate=128;ice-channels=2` into keys, 2.5 does not. */
const kbpsIn = (audioInfo: string | undefined) =>
  Number(/(?:^|;)(?:ice-)?bitrate=(\d{1,9})(?:;|$)/.exec(audioInfo ?? '')?.[1] ?? 0)

function contentTypeOf(source: SourceStats): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it removes control bytes
  const type = (source.server_type ?? source['content-type'] ?? '').replace(/[\x00-\x1f\x7f]+/g, ' ').trim()
  return type.length > limits.contentTypeLengthMax ? '' : type
}

/** The start time of the server serves as boot: it tells a counter that restarted at 0 from one that fell. */
function bootOf({ server_start_iso8601, server_start }: ServerStats): string | undefined {
  const boot = (server_start_iso8601 ?? server_start ?? '').replace(/[^\x21-\x7e]+/g, '_').slice(0, 128)
  return boot === '' ? undefined : boot
}
