import { isLive } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import { limits } from '../limits.ts'
import type { Report } from '../report/report.ts'

/** fill of the cluster, 0 to 1, above which more frequent reports are requested: below it the draw does not need them */
const tightFill = 0.7
/** seconds of the requested interval then (docs/draw.md#pace) */
const tightSeconds = 5

/** fraction of the free room that joins may take within one promised interval before more frequent reports are requested */
const tightJoins = 0.1

/** The load of the cluster as a whole. */
export interface Pressure {
  servers: number
  /** listeners and slots of all live servers together */
  listeners: number
  slots: number
  joinsPerSecond: number
}

/**
 * The interval requested in the reply to a report, in seconds: the promised one, or a shorter one while the cluster is nearly
 * full or joins come fast. It is never above the promise, and never below max(2 s, servers ÷ 100 s), so that reports do not
 * overload the decider.
 */
export function wishSeconds(
  promised: number,
  { servers, listeners, slots, joinsPerSecond }: Pressure,
): number {
  const room = Math.max(0, slots - listeners)
  const isTight = listeners > tightFill * slots || joinsPerSecond * promised > tightJoins * room
  const floor = Math.max(2, Math.ceil(servers / 100))
  return Math.min(promised, Math.max(floor, isTight ? tightSeconds : promised))
}

/** servers up to which every reply sums over all of them; beyond it the sums are kept for a second */
const addedUpMax = 100
const sumsStandMs = 1000

/** How fast listeners join each server, between its last two reports, and the load of the cluster. */
export class Pace {
  #sums: { pressure: Pressure; atMs: number } | undefined
  #last = new Map<string, { boot: string | undefined; joins: number; atMs: number; perSecond: number }>()

  /** Updates the rate of a server from a report that arrived at `nowMs`. */
  note({ id, boot, joins }: Report, nowMs: number): void {
    if (joins === undefined) {
      this.#last.delete(id)
      return
    }
    const last = this.#last.get(id)
    const seconds = last ? (nowMs - last.atMs) / 1000 : 0
    const goesOn = last !== undefined && last.boot === boot && joins >= last.joins && seconds > 0
    this.#last.set(id, { boot, joins, atMs: nowMs, perSecond: goesOn ? (joins - last.joins) / seconds : 0 })
  }

  /** Joins a second of one server; 0 if unknown. */
  of(id: string): number {
    return this.#last.get(id)?.perSecond ?? 0
  }

  forget(id: string): void {
    this.#last.delete(id)
  }

  /** The load of the live servers; in a large cluster at most a second old. */
  pressureOf(view: View, nowMs: number): Pressure {
    const sums = this.#sums
    const { size } = view.servers
    // one more server hardly changes a large cluster: summing again for each of ten thousand new ones would take minutes
    const isLarge = size > addedUpMax && sums !== undefined && sums.pressure.servers > addedUpMax
    if (isLarge && nowMs - sums.atMs < sumsStandMs) return { ...sums.pressure, servers: size }
    const pressure = this.#addUp(view, nowMs)
    this.#sums = { pressure, atMs: nowMs }
    return pressure
  }

  #addUp(view: View, nowMs: number): Pressure {
    const pressure: Pressure = { servers: view.servers.size, listeners: 0, slots: 0, joinsPerSecond: 0 }
    for (const server of view.servers.values()) {
      if (!isLive(server, nowMs)) continue
      const slots = Math.min(server.report.maxListeners ?? view.maxListenersDefault, limits.slotsMax)
      pressure.listeners += Math.min(server.report.listeners, slots)
      pressure.slots += slots
      pressure.joinsPerSecond += this.of(server.report.id)
    }
    return pressure
  }
}
