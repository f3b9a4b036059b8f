import type { GeoLocation } from '../geo.ts'
import { limits } from '../limits.ts'
import type { Mount } from '../mount.ts'
import type { MountReport, Report } from '../report/report.ts'
import type { Probed } from './probe.ts'

/** What a decider knows about one server: its newest report, and the decider's own knowledge. Plain data. */
export interface Server {
  readonly report: Report
  /** ms on the decider's own clock */
  readonly receivedAtMs: number
  /** taken out by an operator at the edge; survives restarts */
  readonly drained: boolean
  /** an icecast-kh slave: carries every mount that a live master carries (docs/protocol.md#the-registration-of-icecast-kh) */
  readonly carriesAll: boolean
  /** it does not report; the decider reads its stats. A polled slave's mounts count only if a live master carries them (S6) */
  readonly polled: boolean
  /** false while it does not answer the decider's own connections (docs/protocol.md#probing) */
  readonly reachable: boolean
  /** the url and the problem, while it is unreachable */
  readonly unreached?: Probed | undefined
  /** mounts that earlier reports named and the newest does not, and when each was last reported */
  readonly formerMounts: readonly (readonly [Mount, number])[]
  /** the location that it reports, else that of the address that it reports from; undefined if neither is known */
  readonly location: GeoLocation | undefined
  /** joins that it sees for each redirect by this decider, 1 or more (shared/cluster/fan-out-factor.ts) */
  readonly factor: number
  /** redirects of GETs to it since that report ("new listeners", S9); mutated, as is {@link debitKbps} */
  debit: number
  /** kbit/s of the streams that they asked for; counted only where the server reports what its line carries */
  debitKbps: number
  /** it is live at least until then, as the decider hears nobody (shared/cluster/hearing.ts); mutated too */
  heldUntilMs: number
}

/** The slots taken by redirects since the last report: this decider's own, scaled by the factor to include other deciders'. */
export const slotsTaken = ({ debit, factor }: Server): number => Math.round(debit * factor)

/** keeps a product that is an integer from falling below it */
const rounding = 1e-6

/**
 * Free slots of a mount that are left after the debit: each redirect since the report takes a slot, and its bit rate of the line. A
 * listener of 1,411 kbit/s takes the room of thirty of 48 kbit/s.
 * @param slots the free slots by the report, as far as slots alone bound them
 * @param free the same, as far as the line bounds them too
 */
export function leftAfterDebit(server: Server, slots: number, free: number): number {
  const left = Math.min(free, slots - slotsTaken(server))
  if (server.debitKbps === 0) return Math.max(0, left)
  const lineLeft = 1 - (server.debitKbps * server.factor) / Math.max(1, lineKbps(server.report))
  return Math.max(0, Math.min(left, Math.floor(free * lineLeft + rounding)))
}

/** What the line of a server still carries by its report; Infinity if it does not say. */
export const lineKbps = ({ maxBandwidth, bandwidth }: Report): number =>
  maxBandwidth === undefined || bandwidth === undefined ? Number.POSITIVE_INFINITY : maxBandwidth - bandwidth

/** Whether a server's mounts count only if a live master carries them too; otherwise they may be unrelated mounts of that name. */
export const followsMasters = ({ polled, report }: Pick<Server, 'polled' | 'report'>): boolean =>
  polled && report.role !== 'master'

/** Why a server gets no listener, in the order of the checks. */
export type Reason = 'stale' | 'leaving' | 'draining' | 'drained' | 'full' | 'unreachable' | 'no mounts'

/** The moment after which a server that has not reported again is stale, on the decider's clock (S10). */
export const deadlineMs = (server: Server): number => Math.max(ownDeadlineMs(server), server.heldUntilMs)

/** The same as if the decider did not keep it in for hearing nobody. */
export const ownDeadlineMs = ({ report, receivedAtMs }: Server): number =>
  receivedAtMs + limits.deadlineIntervals * report.interval * 1000 + limits.deadlineGraceMs

/** Whether a server gets listeners although its report is late, because the decider hears nobody. */
export const isHeld = (server: Server, nowMs: number): boolean =>
  nowMs > ownDeadlineMs(server) && nowMs <= server.heldUntilMs && server.report.state !== 'leaving'

/** Whether a server has reported in time and is not leaving. */
export const isLive = (server: Server, nowMs: number): boolean =>
  server.report.state !== 'leaving' && nowMs <= deadlineMs(server)

/**
 * Why a server gets no listener, whatever the time, until it reports again or an operator or a probe changes it; null if it is
 * open, which ends at its {@link deadlineMs}. A draw and `/api/servers` both ask here, in this order.
 * @param free its free slots by its report: of one mount for a draw, of the emptiest mount for the server itself
 * @param carries whether it carries the mount, or any mount
 */
export function closedBy(
  { report, drained, reachable }: Server,
  free: number,
  carries: boolean,
): Exclude<Reason, 'stale'> | null {
  if (report.state !== 'up') return report.state
  if (drained) return 'drained'
  if (free === 0) return 'full'
  if (!reachable) return 'unreachable'
  return carries ? null : 'no mounts'
}

/**
 * The last moment at which a server gets listeners, on the decider's clock, unless that keeps it in longer; -Infinity if it is closed.
 * Arguments as for {@link closedBy}.
 */
export const openUntilMs = (server: Server, free: number, carries: boolean): number =>
  closedBy(server, free, carries) === null ? ownDeadlineMs(server) : Number.NEGATIVE_INFINITY

/** Why a server gets no listener now, or null if it does. Arguments as for {@link closedBy}. */
export const screen = (server: Server, free: number, carries: boolean, nowMs: number): Reason | null =>
  nowMs > deadlineMs(server) ? 'stale' : closedBy(server, free, carries)

/** Whether a server's rule allows listeners of a country. Listeners of unknown country are allowed unless it lists the countries to serve. */
export function serves({ countries }: Report, country: string | undefined): boolean {
  if (!countries) return true
  return country === undefined ? !countries.allow : countries.codes.includes(country) === countries.allow
}

/**
 * How many more listeners of one mount fit on a server, by its own numbers (docs/protocol.md#the-decision): the minimum of
 * its free slots, the mount's free slots and what its bandwidth allows at the mount's bit rate, rounded down, at least 0.
 */
export function freeSlots(
  report: Report,
  mount: MountReport | undefined,
  maxListenersDefault: number,
): number {
  const lineSlots = Math.floor(lineKbps(report) / kbpsOf(mount))
  return Math.max(0, Math.min(slotsBesideLine(report, mount, maxListenersDefault), lineSlots))
}

/** The same, as far as slots alone bound them. */
export function slotsBesideLine(
  report: Report,
  mount: MountReport | undefined,
  maxListenersDefault: number,
): number {
  const slots = (report.maxListeners ?? maxListenersDefault) - report.listeners
  const mountSlots = mount?.max == null ? Number.POSITIVE_INFINITY : mount.max - mount.listeners
  return Math.max(0, Math.min(slots, mountSlots, limits.slotsMax))
}

/** kbit/s of a mount; of an unknown one the usual rate. */
export const kbpsOf = (mount: Pick<MountReport, 'kbps'> | undefined): number =>
  mount?.kbps || limits.bitrateDefaultKbps

/** The free slots of the mount that has most of them, before the debit. */
export const freeOfServer = (server: Server, maxListenersDefault: number): number =>
  most(server, maxListenersDefault, (_, free) => free)

/** The same after the debit. */
export const leftOfServer = (server: Server, maxListenersDefault: number): number =>
  most(server, maxListenersDefault, (slots, free) => leftAfterDebit(server, slots, free))

/** @param of its result for a mount by its slots, without and with the line as a bound; more slots never give less */
function most(
  { report, carriesAll }: Server,
  maxListenersDefault: number,
  of: (slots: number, free: number) => number,
): number {
  const at = (mount: MountReport | undefined) =>
    of(slotsBesideLine(report, mount, maxListenersDefault), freeSlots(report, mount, maxListenersDefault))
  if (carriesAll || report.mounts.length === 0) return at(undefined)
  const slots = slotsBesideLine(report, undefined, maxListenersDefault)
  const highest = of(slots, slots)
  let best = 0
  // most servers have a mount that nothing but their slots bounds: then the others need not be looked at
  for (const mount of report.mounts) {
    best = Math.max(best, at(mount))
    if (best === highest) break
  }
  return best
}
