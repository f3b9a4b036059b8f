import { nameAt } from '../../report/mount-list.ts'
import { deadlineMs, isLive } from '../server.ts'
import type { Host } from './host.ts'
import type { Entry, EntryByMount } from './mount-view.ts'

/** mounts of stale servers that are taken out of the sums in one turn: some ms */
const expiredAtOnceMax = 5_000

/** Keeps the sums of each mount to its live servers, as these report and go stale. */
export class LiveSums {
  readonly #hosts: ReadonlyMap<string, Host>
  readonly #mounts: EntryByMount
  /** no server that counts in the sums is stale before this */
  #soonestMs = Number.POSITIVE_INFINITY
  /** the moment at which some were found last */
  #expiredMs = Number.NEGATIVE_INFINITY

  constructor(hosts: ReadonlyMap<string, Host>, mounts: EntryByMount) {
    this.#hosts = hosts
    this.#mounts = mounts
  }

  /** Sees whether a server is live now; returns whether it was counted before. */
  note(host: Host, nowMs: number): boolean {
    const wasCounted = host.isCounted
    host.isCounted = isLive(host.server, nowMs)
    if (host.isCounted) this.#soonestMs = Math.min(this.#soonestMs, deadlineMs(host.server))
    return wasCounted
  }

  /** Brings the sums of a mount up to what the server at a place says now. */
  count(entry: Entry, place: number): void {
    entry.carriers.count(place, entry.onAir)
    entry.listenerPeak = Math.max(entry.listenerPeak, entry.onAir.listeners)
  }

  /** The same for all mounts of a server. */
  countAll(host: Host): void {
    const { mounts } = host.server.report
    for (let i = 0; i < mounts.length; i++) {
      const mount = nameAt(mounts, i)
      const entry = mount === undefined ? undefined : this.#mounts.get(mount)
      const place = entry?.carriers.placeOf(host) ?? -1
      if (entry && place >= 0) this.count(entry, place)
    }
  }

  /** Some servers' deadlines are earlier than they were, so that they have to be looked for again. */
  deadlinesMoved(): void {
    this.#soonestMs = Number.NEGATIVE_INFINITY
    this.#expiredMs = Number.NEGATIVE_INFINITY
  }

  /**
   * Takes servers that have become stale out of the sums; costs nothing until the earliest deadline. If very many are stale at once,
   * some count a moment longer: listeners must not wait for the sums.
   */
  expire(nowMs: number): void {
    if (nowMs <= this.#soonestMs || nowMs === this.#expiredMs) return
    this.#expiredMs = nowMs
    let soonestMs = Number.POSITIVE_INFINITY
    let counted = 0
    for (const host of this.#hosts.values()) {
      if (!host.isCounted) continue
      const dueMs = deadlineMs(host.server)
      if (nowMs <= dueMs || counted >= expiredAtOnceMax) soonestMs = Math.min(soonestMs, dueMs)
      else {
        host.isCounted = false
        this.countAll(host)
        counted += host.server.report.mounts.length
      }
    }
    this.#soonestMs = soonestMs
  }
}
