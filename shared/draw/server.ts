import type { Place } from '../geo.ts'
import { limits } from '../limits.ts'
import type { Mount } from '../mount.ts'
import type { MountReport, Report } from '../report/report.ts'
import type { Probed } from './probe.ts'

/** What a decider holds of one server: its newest report, and what the decider knows beside it. Plain data. */
export interface Server {
  readonly report: Report
  /** ms on the decider's own clock */
  readonly receivedAtMs: number
  /** taken out by an operator at the edge; survives restarts */
  readonly drained: boolean
  /** an icecast-kh slave: carries every mount that a live master carries (docs/protocol.md#the-registration-of-icecast-kh) */
  readonly carriesAll: boolean
  /** it knows nothing of us, the decider reported for it; a slave's mounts count only where a live master carries them (S6) */
  readonly polled: boolean
  /** false while it answers no connection of the decider's own (docs/protocol.md#probing) */
  readonly reachable: boolean
  /** where and why it answers none, where that is so */
  readonly unreached?: Probed | undefined
  /** mounts of its earlier reports that are no longer in it, and when they last were */
  readonly formerMounts: readonly (readonly [Mount, number])[]
  /** where it stands: by its own word, else by the address that it reports from; undefined where neither tells */
  readonly place: Place | undefined
  /** joins that it sees for each redirect of ours, 1 or more (shared/cluster/fan-out-factor.ts) */
  readonly factor: number
  /** redirects of GETs to it since that report ("new listeners", S9); the one thing that changes in place */
  debit: number
}

/** The slots that redirects since the last report have taken, ours and by the factor those of other deciders. */
export const slotsTaken = ({ debit, factor }: Server): number => Math.round(debit * factor)

/** Whether a server's mounts count only where a live master carries them too: whose else they are nobody knows. */
export const followsMasters = ({ polled, report }: Pick<Server, 'polled' | 'report'>): boolean =>
  polled && report.role !== 'master'

/** Why a server gets no listener, in the order in which it is looked for. */
export type Reason = 'stale' | 'leaving' | 'draining' | 'drained' | 'full' | 'unreachable' | 'no mounts'

/** The moment after which a server that has not reported again is stale, on the decider's clock (S10). */
export const deadlineMs = ({ report, receivedAtMs }: Server): number =>
  receivedAtMs + limits.deadlineIntervals * report.interval * 1000 + limits.deadlineGraceMs

/** Whether a server keeps its promise to report, and has not taken leave. */
export const isLive = (server: Server, nowMs: number): boolean =>
  server.report.state !== 'leaving' && nowMs <= deadlineMs(server)

/** Until when a server may be sent listeners, were there room, on the decider's clock; -Infinity where it may not at all. */
export const openUntilMs = (server: Server): number =>
  server.report.state === 'up' && !server.drained && server.reachable
    ? deadlineMs(server)
    : Number.NEGATIVE_INFINITY

/** Whether a server's rule lets it serve listeners of a country; one of unknown country only where it names none to serve. */
export function serves({ countries }: Report, country: string | undefined): boolean {
  if (!countries) return true
  return country === undefined ? !countries.allow : countries.codes.includes(country) === countries.allow
}

/**
 * How many more listeners of one mount fit on a server, by its own numbers (docs/protocol.md#the-decision): the least of
 * its slots, the mount's slots and what its line still holds at the mount's rate, rounded down, never below 0.
 */
export function freeSlots(
  report: Report,
  mount: MountReport | undefined,
  maxListenersDefault: number,
): number {
  const slots = (report.maxListeners ?? maxListenersDefault) - report.listeners
  const mountSlots = mount?.max == null ? Number.POSITIVE_INFINITY : mount.max - mount.listeners
  return Math.max(0, Math.min(slots, mountSlots, lineSlots(report, mount), limits.slotsMax))
}

function lineSlots({ maxBandwidth, bandwidth }: Report, mount: MountReport | undefined): number {
  if (maxBandwidth === undefined || bandwidth === undefined) return Number.POSITIVE_INFINITY
  return Math.floor((maxBandwidth - bandwidth) / (mount?.kbps || limits.bitrateDefaultKbps))
}

/** The most that any one mount of a server could still take, before the debit. */
export function freeOfServer({ report, carriesAll }: Server, maxListenersDefault: number): number {
  if (carriesAll || report.mounts.length === 0) return freeSlots(report, undefined, maxListenersDefault)
  return report.mounts.reduce(
    (most, mount) => Math.max(most, freeSlots(report, mount, maxListenersDefault)),
    0,
  )
}

/** Why a server gets no listener of any mount, or null when it may. */
export function screen(server: Server, nowMs: number, maxListenersDefault: number): Reason | null {
  const { report } = server
  if (nowMs > deadlineMs(server)) return 'stale'
  if (report.state !== 'up') return report.state
  if (server.drained) return 'drained'
  if (freeOfServer(server, maxListenersDefault) === 0) return 'full'
  if (!server.reachable) return 'unreachable'
  if (report.mounts.length === 0 && !server.carriesAll) return 'no mounts'
  return null
}
