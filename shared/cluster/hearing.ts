import { deadlineMs, ownDeadlineMs, type Server } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import { limits } from '../limits.ts'
import type { ClusterEvent, EventKind } from './watch/event.ts'

/** ms without any report before which nobody can be missing: the shortest interval, and the transit of a report */
const quietMs = limits.intervalSecondsMin * 1000 + limits.deadlineGraceMs
/** servers that have to go stale together: one alone has died, two are more likely well behind a line that is cut */
const missedMin = 2

const nothing: readonly ClusterEvent[] = []

/**
 * Notices that a decider hears nobody (docs/protocol.md#a-decider-that-hears-nobody): two servers have gone stale since the last report of anyone,
 * and every other server that should have reported by now has not. Then it is more likely that the decider is cut off than
 * that all servers died at once, and the view keeps them in by their last reports.
 */
export class Hearing {
  #view: View
  #heardAtMs = Number.NEGATIVE_INFINITY
  /** nothing can be found before this */
  #nextMs = Number.POSITIVE_INFINITY
  /** during a silence: the moment until which servers are kept in */
  #untilMs: number | undefined
  /** it has lasted too long, and the servers count as stale */
  #isSpent = false

  constructor(view: View) {
    this.#view = view
  }

  /** A report came from another program, now or before a restart. Returns what it ends. */
  heard(server: Server): readonly ClusterEvent[] {
    const { receivedAtMs } = server
    const silentMs = receivedAtMs - this.#heardAtMs
    const wasSilent = this.#untilMs !== undefined
    this.#heardAtMs = Math.max(this.#heardAtMs, receivedAtMs)
    this.#nextMs = Math.min(this.#nextMs, deadlineMs(server))
    this.#untilMs = undefined
    this.#isSpent = false
    if (!wasSilent) return nothing
    letGo(this.#view.servers.values(), receivedAtMs)
    this.#view.deadlinesMoved()
    return [{ ...eventOf('reports again', silentMs, receivedAtMs), server: server.report.id }]
  }

  /** Finds that a silence has begun, or has lasted too long. It costs nothing as long as reports come. */
  look(nowMs: number): readonly ClusterEvent[] {
    const silentMs = nowMs - this.#heardAtMs
    if (this.#untilMs !== undefined) {
      if (nowMs <= this.#untilMs) return nothing
      this.#untilMs = undefined
      this.#isSpent = true
      return [eventOf('no reports for too long', silentMs, nowMs)]
    }
    if (this.#isSpent || nowMs <= this.#nextMs || silentMs <= quietMs) return nothing
    const beganMs = this.#missing(this.#view, nowMs)
    if (beganMs === undefined) return nothing
    // after a restart it may have begun long ago
    const untilMs = beganMs + limits.silenceHeldMs
    this.#isSpent = untilMs <= nowMs
    if (this.#isSpent) return nothing
    this.#untilMs = untilMs
    this.#hold(untilMs, nowMs)
    return [eventOf('no reports', silentMs, nowMs)]
  }

  #hold(untilMs: number, nowMs: number): void {
    const { servers, ownId } = this.#view
    // those that were gone before are not kept
    const isKept = (server: Server) => server.report.id !== ownId && ownDeadlineMs(server) > this.#heardAtMs
    for (const server of hold(servers.values(), untilMs, nowMs, isKept)) this.#view.put(server)
    this.#view.deadlinesMoved()
  }

  /** When the second server went stale since the last report, if no other server has reported in time. */
  #missing({ servers, ownId }: View, nowMs: number): number | undefined {
    const missed: Server[] = []
    let nextMs = Number.POSITIVE_INFINITY
    for (const server of servers.values()) {
      if (server.report.id === ownId || server.report.state === 'leaving') continue
      const staleMs = deadlineMs(server)
      if (nowMs <= staleMs) nextMs = Math.min(nextMs, staleMs)
      // one that was let go and did not report since is dead: somebody else was heard after its deadline
      else if (ownDeadlineMs(server) > this.#heardAtMs && carries(server)) missed.push(server)
    }
    this.#nextMs = nextMs
    if (missed.length < missedMin) return undefined
    const expectedMs = nextExpectedMs(servers.values(), ownId, missed, nowMs)
    if (expectedMs === undefined) return missed.map(deadlineMs).sort((a, b) => a - b)[missedMin - 1]
    this.#nextMs = Math.min(nextMs, expectedMs)
    return undefined
  }
}

/**
 * When the next report of a live server is late, if one is not yet: then that server may still be heard. Of one that reports more
 * seldom than the missing ones go stale, nothing can be told.
 */
function nextExpectedMs(
  servers: Iterable<Server>,
  ownId: string | undefined,
  missed: readonly Server[],
  nowMs: number,
): number | undefined {
  const longestMs = Math.max(...missed.map((each) => ownDeadlineMs(each) - each.receivedAtMs))
  let next: number | undefined
  for (const server of servers) {
    const { id, state, interval } = server.report
    if (id === ownId || state === 'leaving' || interval * 1000 >= longestMs) continue
    const lateMs = lateFromMs(server)
    if (nowMs <= lateMs && nowMs <= deadlineMs(server)) next = Math.min(next ?? lateMs, lateMs)
  }
  return next
}

const eventOf = (kind: EventKind, silentMs: number, nowMs: number): ClusterEvent => ({
  at: Math.round(nowMs),
  kind,
  detail: `none for ${Math.round(silentMs / 1000)} s`,
})

const carries = ({ report, carriesAll }: Server): boolean => carriesAll || report.mounts.length > 0

/** After which a report that was promised is late. */
const lateFromMs = ({ report, receivedAtMs }: Server): number =>
  receivedAtMs + report.interval * 1000 + limits.deadlineGraceMs

/**
 * Keeps servers in by their last reports until a moment.
 * @param isKept for each: those that were gone before are not kept
 * @returns those that are stale without it: the view has to be told, since their weights rise again
 */
export function hold(
  servers: Iterable<Server>,
  untilMs: number,
  nowMs: number,
  isKept: (server: Server) => boolean,
): Server[] {
  const back: Server[] = []
  for (const server of servers) {
    if (server.report.state === 'leaving' || !isKept(server)) continue
    if (nowMs > deadlineMs(server)) back.push(server)
    server.heldUntilMs = Math.max(server.heldUntilMs, untilMs)
  }
  return back
}

/** Reports come again: a server that was kept gets one more deadline, from now on, to report too. */
function letGo(servers: Iterable<Server>, nowMs: number): void {
  for (const server of servers)
    if (server.heldUntilMs > nowMs) server.heldUntilMs = nowMs + ownDeadlineMs(server) - server.receivedAtMs
}
