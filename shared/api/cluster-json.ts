import { isLive } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import type { GeoLocation } from '../geo.ts'
import type { Mount } from '../mount.ts'
import type { AboutMount } from '../report/about-mount.ts'
import { version } from '../version.ts'
import { type MountJson, mountsJson, type ServerJson, serversJson } from './json.ts'

/** `GET /api/cluster`: the cluster at one moment, for a control room. Times are ISO 8601; unknown values are null. */
export interface ClusterJson {
  at: string
  /** of this program */
  version: string
  totals: ClusterTotals
  servers: ClusterServerJson[]
  mounts: ClusterMountJson[]
  perMinute: PerMinuteJson
  /** most severe first */
  problems: ProblemJson[]
  /** the last 500, oldest first */
  events: EventJson[]
}

/** Sums over live servers; rates in kbit/s. */
export interface ClusterTotals {
  listeners: number
  maxListeners: number
  /** of the servers that get listeners, after the debit */
  free: number
  /** null if no server reports it */
  bandwidth: number | null
  /** listeners ÷ maxListeners, from 0; null without a live server */
  utilisation: number | null
  /** servers that get listeners, and all others that are known */
  serversIn: number
  serversOut: number
  mounts: number
}

/** A server as in `GET /api/servers`, and what else is known about it. */
export interface ClusterServerJson extends ServerJson {
  location: GeoLocation | null
  /** joins in the last minute, by its own counter */
  joinsPerMinute: number | null
  /** the share of its slots or of its bandwidth that is used, whichever is larger; from 0, above 1 if it is overfull */
  utilisation: number
  /** the share of its listeners that listen by HLS, 0 to 1 */
  hlsShare: number | null
  /** of the program that reports: `distributary 0.1.0`, from its `User-Agent` */
  version: string | null
  /** how far its clock is ahead of this program's, within a second; from the `Date` of its report */
  clockOffsetSeconds: number | null
}

/** A mount as in `GET /api/mounts`, and what else is known about it; hidden ones too. */
export interface ClusterMountJson extends Omit<MountJson, 'servers'> {
  title: string | null
  artist: string | null
  name: string | null
  hidden: boolean
  /** most listeners at once since its source began */
  peak: number
  /** ISO 8601: when its source began */
  since: string | null
  /** a live master carries it */
  hasMaster: boolean
  /** listeners by server id */
  servers: Record<string, number>
  /** listeners by country, an estimate (docs/api.md#listeners-by-country); empty if no country is known */
  countries: Record<string, number>
}

/** What happened within the last minute. */
export interface PerMinuteJson {
  /** answers to requests for mounts, by kind */
  answers: Record<string, number>
  /** listeners that a server sent back */
  sendBacks: number
  /** listeners that got no server: 503 */
  refusals: number
  /** joins that the servers counted */
  joins: number
}

/** `critical`: listeners hear nothing, or will soon; `warning`: an operator has to act; `notice`: worth knowing. */
export type Severity = 'critical' | 'warning' | 'notice'

export interface ProblemJson {
  severity: Severity
  /** `relay2: no report for 14 s` */
  text: string
  server?: string
  mount?: Mount
}

export interface EventJson {
  at: string
  kind: string
  server?: string
  mount?: string
  detail?: string
}

/** What a decider has seen, in addition to its {@link View}. Plain data: a Durable Object sends it. */
export interface Seen {
  perMinute: PerMinuteJson
  /** by server id */
  servers: Record<string, Pick<ClusterServerJson, 'joinsPerMinute' | 'version' | 'clockOffsetSeconds'>>
  /** redirects of the last hour by mount and country */
  countries: Record<string, Record<string, number>>
  events: EventJson[]
}

export const nothingSeen: Seen = {
  perMinute: { answers: {}, sendBacks: 0, refusals: 0, joins: 0 },
  servers: {},
  countries: {},
  events: [],
}

/** The whole answer. @param atMs since 1970 by the wall clock */
export function clusterJson(
  view: View,
  seen: Seen,
  nowMs: number,
  atMs: number,
  isHttps: boolean,
): ClusterJson {
  const servers = serversJson(view, nowMs, isHttps).map((server) => clusterServer(server, view, seen))
  const mounts = mountsJson(view, nowMs).map((mount) => clusterMount(mount, view, seen, nowMs))
  return {
    at: new Date(atMs).toISOString(),
    version,
    totals: totalsOf(view, servers, mounts.length, nowMs),
    servers,
    mounts,
    perMinute: seen.perMinute,
    problems: [],
    events: seen.events,
  }
}

function totalsOf(
  view: View,
  servers: readonly ClusterServerJson[],
  mounts: number,
  nowMs: number,
): ClusterTotals {
  const live = servers.filter(({ id }) => {
    const server = view.servers.get(id)
    return server !== undefined && isLive(server, nowMs)
  })
  const getting = servers.filter(({ out }) => out === null)
  const rates = live.flatMap(({ bandwidth }) => bandwidth ?? [])
  const listeners = sum(live.map((server) => server.listeners))
  const maxListeners = sum(live.map((server) => server.maxListeners))
  return {
    listeners,
    maxListeners,
    free: sum(getting.map(({ free }) => free)),
    bandwidth: rates.length === 0 ? null : sum(rates),
    utilisation: maxListeners === 0 ? null : listeners / maxListeners,
    serversIn: getting.length,
    serversOut: servers.length - getting.length,
    mounts,
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

function clusterServer(json: ServerJson, view: View, { servers }: Seen): ClusterServerJson {
  const seen = servers[json.id]
  return {
    ...json,
    location: view.servers.get(json.id)?.location ?? null,
    joinsPerMinute: seen?.joinsPerMinute ?? null,
    utilisation: utilisationOf(json),
    hlsShare: null,
    version: seen?.version ?? null,
    clockOffsetSeconds: seen?.clockOffsetSeconds ?? null,
  }
}

function utilisationOf({ listeners, maxListeners, bandwidth, maxBandwidth }: ServerJson): number {
  const slots = maxListeners === 0 ? 0 : listeners / maxListeners
  const line = bandwidth !== null && maxBandwidth ? bandwidth / maxBandwidth : 0
  return Math.max(slots, line)
}

function clusterMount(json: MountJson, view: View, seen: Seen, nowMs: number): ClusterMountJson {
  const entry = view.mounts.get(json.mount)
  const about = view.about(json.mount, nowMs)
  return {
    mount: json.mount,
    ...knownOf(about),
    hidden: entry?.isPrivate ?? false,
    contentType: json.contentType,
    bitrate: json.bitrate,
    listeners: json.listeners,
    peak: Math.max(entry?.listenerPeak ?? 0, json.listeners),
    hasMaster: view.master(json.mount, nowMs) !== undefined,
    servers: Object.fromEntries(
      json.servers.map((id) => [id, entry?.carriers.get(id)?.mount.listeners ?? 0]),
    ),
    countries: shares(seen.countries[json.mount] ?? {}, json.listeners),
  }
}

const knownOf = (about: AboutMount | undefined) => ({
  title: about?.title ?? null,
  artist: about?.artist ?? null,
  name: about?.name ?? null,
  since: about?.since ?? null,
})

/** Divides `whole` in proportion to `parts`, into integers that add up to it: the largest remainders are rounded up. */
export function shares(parts: Readonly<Record<string, number>>, whole: number): Record<string, number> {
  const total = sum(Object.values(parts))
  if (total <= 0) return {}
  const exact = Object.entries(parts).map(([name, part]) => [name, (whole * part) / total] as const)
  let left = whole - sum(exact.map(([, share]) => Math.floor(share)))
  const ranked = [...exact].sort(([a, x], [b, y]) => (y % 1) - (x % 1) || (a < b ? -1 : 1))
  const result: Record<string, number> = {}
  for (const [name, share] of ranked) result[name] = Math.floor(share) + (left-- > 0 ? 1 : 0)
  return Object.fromEntries(Object.entries(result).filter(([, share]) => share > 0))
}
