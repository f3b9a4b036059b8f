import { unusualCodecsOf } from '../../shared/cluster/reported-codecs.ts'
import type { Mount } from '../../shared/mount.ts'
import type { MountReport, Report } from '../../shared/report/report.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import { isContainer } from '../format/formats.ts'
import { kindOfMount } from '../hls/formats.ts'
import { rootMount } from '../lib/root-mount.ts'
import type { LiveMount } from '../mount/live-mount.ts'
import { aboutMount, flagsOf } from './about.ts'

/** s: the longest promise; a decider forgets a dead server after 2.5 times this */
const promiseSecondsMax = 30

/** What a report is made from, at one moment. */
export interface Measured {
  config: Pick<
    OriginConfig,
    'id' | 'masters' | 'publicUrls' | 'hls' | 'limits' | 'location' | 'updateIntervalS'
  > & {
    mounts: Pick<OriginConfig['mounts'], 'of'>
  }
  /** a random name, different at each start of the program */
  boot: string
  seq: number
  state: Report['state']
  /** all mounts of this server */
  mounts: readonly LiveMount[]
  /** relayed mounts that wait for their first listener */
  idle: readonly Mount[]
  /** listeners by HLS: all, and those of such a mount, which does not run for them; left out: none */
  sessions?: { readonly listening: number; listeners(mount: Mount): number; joins(mount: Mount): number }
  /** whether a mount is mirrored (S6) */
  isMirrored: (mount: Mount) => boolean
  load: { listeners: number; joins: number; bandwidthKbps(): number }
  /** how many there is room for; left out: the configured maximum */
  maxListeners?: number
}

/** The next report is sent at most this many seconds after the last. */
export const promiseSeconds = (updateIntervalS: number): number =>
  Math.min(updateIntervalS, promiseSecondsMax)

/**
 * Makes this server's report (docs/protocol.md#when-a-report-is-sent): a slave reports only mirrored mounts, not other
 * sources of its own (S6, S7).
 */
export function measure(measured: Measured): Report {
  const { config, boot, seq, state, mounts, idle, isMirrored, load } = measured
  const isSlave = config.masters.length > 0
  const isReported = (mount: Mount) => mount !== rootMount && (!isSlave || isMirrored(mount))
  const carried = mounts.filter(({ kind, name }) => isReported(name) && (kind === 'relay' || !isSlave))
  const running = new Set(carried.map(({ name }) => name))
  const waiting = idle.filter((mount) => isReported(mount) && !running.has(mount))
  return {
    id: config.id,
    boot,
    seq,
    role: isSlave ? 'slave' : 'master',
    urls: [...config.publicUrls],
    interval: promiseSeconds(config.updateIntervalS),
    maxListeners: measured.maxListeners ?? config.limits.maxListeners,
    listeners: load.listeners,
    hlsListeners: measured.sessions?.listening,
    maxBandwidth: config.limits.maxBandwidthKbps,
    bandwidth: load.bandwidthKbps(),
    joins: load.joins,
    state,
    location: config.location,
    mounts: [
      ...carried.map((mount) =>
        isSlave ? reportOf(mount, config) : { ...reportOf(mount, config), ...toldByMaster(mount, config) },
      ),
      ...waiting.map((mount) => ({
        ...idleReport(mount, config, measured.sessions),
        ...(isSlave ? {} : idleAbout(mount, config)),
      })),
    ],
  }
}

const reportOf = (
  { name, listeners, maxListeners, kbps, joins, contentType }: LiveMount,
  config: Measured['config'],
): MountReport => ({
  mount: name,
  listeners,
  max: maxOf(name, maxListeners, config),
  kbps: Math.round(kbps),
  joins,
  contentType: printable(contentType),
})

/** A slave reports no stream information: that is its master's task. */
const toldByMaster = (mount: LiveMount, config: Measured['config']) => ({
  contentType: printable(typeWithCodec(mount)),
  about: aboutMount(mount, mountSettings(config, mount.name), config.hls),
})

/**
 * The type says the codec where it alone would not, so that deciders know it as well: Ogg may hold any codec (RFC 5334 §4), and MPEG
 * audio any layer. A source that has said it is believed.
 */
function typeWithCodec(mount: LiveMount): string {
  const { contentType, sound } = mount
  const kind = kindOfMount(mount)
  if (contentType.includes(';') || kind === undefined || kind === 'none') return contentType
  const inOgg = isContainer(contentType) && (kind === 'opus' || kind === 'flac') ? kind : undefined
  const codecs = inOgg ?? unusualCodecsOf(kind, sound)
  return codecs === undefined ? contentType : `${contentType}; codecs=${codecs}`
}

const idleAbout = (mount: Mount, config: Measured['config']) => ({
  about: flagsOf(mountSettings(config, mount)),
})

/**
 * Listeners are never redirected to a mount that is only a fallback; relays learn of it from the report all the same.
 */
const maxOf = (mount: Mount, max: number | null, config: Measured['config']): number | null =>
  mountSettings(config, mount).noMount ? 0 : max

/** An on-demand relay knows nothing about its stream until it runs; the operator's settings are known already. */
const idleReport = (
  mount: Mount,
  config: Measured['config'],
  sessions: Measured['sessions'],
): MountReport => ({
  mount,
  listeners: sessions?.listeners(mount) ?? 0,
  max: maxOf(mount, mountSettings(config, mount).maxListeners, config),
  kbps: 0,
  joins: sessions?.joins(mount) ?? 0,
  contentType: '',
})

/** A source may send any bytes as its content type; a report allows no control bytes and 512 characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression has to match control bytes
const printable = (contentType: string) => contentType.replace(/[\x00-\x1f\x7f]/g, '').slice(0, 512)
