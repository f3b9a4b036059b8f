import type { GeoLocation } from '../geo.ts'
import type { Totals } from '../history/counts.ts'
import type { Mount } from '../mount.ts'
import type { MountJson, ServerJson } from './json.ts'

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

/** What a decider has seen of a server. */
export type SeenServer = Pick<ClusterServerJson, 'joinsPerMinute' | 'version' | 'clockOffsetSeconds'>

/** What a decider has seen, in addition to its {@link View}; servers and counters only as they are asked for. */
export interface Seen {
  perMinute: PerMinuteJson
  serverOf(id: string): SeenServer | undefined
  /** redirects of the last hour by mount and country */
  countries: Record<string, Record<string, number>>
  /** counters, for metrics */
  totals(): Totals
}

/** The same as plain data, which a Durable Object sends. */
export interface SeenData {
  perMinute: PerMinuteJson
  /** by server id */
  servers: Record<string, SeenServer>
  /** redirects of the last hour by mount and country */
  countries: Record<string, Record<string, number>>
  /** counters, for metrics */
  totals: Totals
}
