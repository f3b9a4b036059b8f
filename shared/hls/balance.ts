import { type Server, slotsTaken } from '../draw/server.ts'
import { hlsLimits } from './limits.ts'

/** ms of one count */
const stepMs = 1000

/** Departures from one server, counted by second. */
interface Departures {
  /** by the second in which they were told to move, oldest first */
  counts: { second: number; count: number }[]
  /** it was overfull, and gives sessions away until it is as full as the others */
  isEvening: boolean
}

/**
 * What this decider has done that no report shows yet: sessions that it moved away are counted at their old server until they have
 * fetched nothing for three target durations, and until that server has reported once more.
 */
export class Balance {
  #servers = new Map<string, Departures>()
  #maxListenersDefault: number

  /** @param maxListenersDefault slots of a server that does not report its maximum */
  constructor(maxListenersDefault: number) {
    this.#maxListenersDefault = maxListenersDefault
  }

  /** Slots of a server. */
  slots({ report }: Server): number {
    return Math.max(1, report.maxListeners ?? this.#maxListenersDefault)
  }

  /** Listeners of a server by its report, with those on their way to it, and without those on their way from it. */
  listeners(server: Server, targetSeconds: number): number {
    const { report, receivedAtMs } = server
    const lastsMs = hlsLimits.sessionTargets * targetSeconds * 1000
    const since = (receivedAtMs - lastsMs) / stepMs
    const leaving = (this.#servers.get(report.id)?.counts ?? []).reduce(
      (sum, { second, count }) => (second >= since ? sum + count : sum),
      0,
    )
    // other deciders move sessions too: as many more as they redirect more listeners than this one
    return Math.max(0, report.listeners + slotsTaken(server) - leaving * server.factor)
  }

  /** The share of a server's slots that are taken, 0 to 1. */
  utilisation(server: Server, targetSeconds: number): number {
    return this.listeners(server, targetSeconds) / this.slots(server)
  }

  /** Counts a session that was told to move away. */
  depart({ report: { id } }: Server, nowMs: number): void {
    const departures = this.#of(id)
    const second = Math.floor(nowMs / stepMs)
    const last = departures.counts.at(-1)
    if (last?.second === second) last.count++
    else departures.counts.push({ second, count: 1 })
    const oldest = second - hlsLimits.departedSeconds
    while ((departures.counts[0]?.second ?? second) < oldest) departures.counts.shift()
  }

  /**
   * Whether sessions should move away from a server: from the moment when it is too full until it is evened out.
   * @param excess its utilisation above the cluster's
   */
  isOverfull({ report: { id } }: Server, excess: number): boolean {
    if (excess > hlsLimits.overfullPoints / 100) this.#of(id).isEvening = true
    const known = this.#servers.get(id)
    if (known && excess <= hlsLimits.evenPoints / 100) known.isEvening = false
    return known?.isEvening === true
  }

  #of(id: string): Departures {
    const known = this.#servers.get(id) ?? { counts: [], isEvening: false }
    // as many servers as a cluster can have; the oldest is forgotten first
    this.#servers.delete(id)
    this.#servers.set(id, known)
    const [oldest] = this.#servers.keys()
    if (this.#servers.size > hlsLimits.balancedMax && oldest !== undefined) this.#servers.delete(oldest)
    return known
  }
}
