import type { Load } from '../../load.ts'
import type { Listener, WriteTally } from '../stream/listener.ts'

/** Counts a mount's listeners, joins, and the bytes sent to them. */
export class Headcount {
  /** relays with credentials are counted separately */
  listeners = 0
  relays = 0
  listenerPeak = 0
  joins = 0
  /** listeners dropped because they fell off the queue */
  slow = 0
  bytesSent = 0
  writes = 0
  /** written since the last {@link take} */
  readonly tally: WriteTally = { writes: 0, bytes: 0, dropped: new Set() }
  #load: Load

  /** @param load counts of the whole server, updated together with these */
  constructor(load: Load) {
    this.#load = load
  }

  /** A listener joined, from outside or from another mount. */
  add(isRelay: boolean): void {
    if (isRelay) {
      this.relays++
      return
    }
    this.listeners++
    this.#load.listeners++
    this.listenerPeak = Math.max(this.listenerPeak, this.listeners)
  }

  /** A listener or relay left. */
  remove(isRelay: boolean): void {
    if (isRelay) {
      this.relays--
      return
    }
    this.listeners--
    this.#load.listeners--
  }

  /** A listener was served. */
  join(): void {
    this.joins++
    this.#load.joins++
  }

  /** A listener was refused because the mount is full; reports count that as a join too. */
  refuse(): void {
    this.joins++
    this.#load.countRefused()
  }

  /** Adds up what was written; returns the listeners that fell off the queue. */
  take(): Listener[] {
    const { tally } = this
    this.writes += tally.writes
    this.bytesSent += tally.bytes
    this.#load.addSent(tally.bytes)
    tally.writes = 0
    tally.bytes = 0
    const dropped = [...tally.dropped]
    tally.dropped.clear()
    this.slow += dropped.length
    this.#load.slow += dropped.length
    return dropped
  }
}
