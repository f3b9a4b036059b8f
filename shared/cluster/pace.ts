import { isLive } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import { limits } from '../limits.ts'
import type { Report } from '../report/report.ts'

/** Fill of the cluster, 0 to 1, above which reports are wished for more often: below it the draw needs no cleverness. */
const tightFill = 0.7
/** seconds wished for then (docs/draw.md#pace) */
const tightSeconds = 5

/** Part of the room that joins may take within one promise before reports are wished for more often. */
const tightJoins = 0.1

/** How things stand in the cluster as a whole. */
export interface Pressure {
  servers: number
  /** listeners and slots of all live servers together */
  listeners: number
  slots: number
  joinsPerSecond: number
}

/**
 * The interval that the reply to a report wishes for, in seconds: what the server promised, shorter while the cluster
 * is tight or joins come fast; never above the promise, never below max(2 s, servers ÷ 100 s), so that a decider is
 * not run over.
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

/** servers up to which every reply adds all of them up; beyond it the sums of a moment stand for a second */
const addedUpMax = 100
const sumsStandMs = 1000

/** How fast listeners join each server, between its last two reports, and how the cluster stands with that. */
export class Pace {
  #sums: { pressure: Pressure; atMs: number } | undefined
  #last = new Map<string, { boot: string | undefined; joins: number; atMs: number; perSecond: number }>()

  /** Takes in a report that came at `nowMs`. */
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

  /** Joins a second of one server; 0 where it does not tell. */
  of(id: string): number {
    return this.#last.get(id)?.perSecond ?? 0
  }

  forget(id: string): void {
    this.#last.delete(id)
  }
  /** How the servers stand that are live; in a large cluster at most a second old. */
  pressureOf(view: View, nowMs: number): Pressure {
    const sums = this.#sums
    const { size } = view.servers
    // a large one is no other by one server more: were they added up for each that comes, ten thousand would take minutes
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
