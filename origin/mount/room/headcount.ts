import type { Load } from '../../load.ts'
import type { Listener, Tally } from '../stream/listener.ts'

/** How many listen to a mount, have listened, and what they were given. */
export class Headcount {
  /** relays with credentials are counted apart */
  listeners = 0
  relays = 0
  listenerPeak = 0
  joins = 0
  /** listeners dropped because they fell off the queue */
  slow = 0
  bytesSent = 0
  writes = 0
  /** what was written since the last {@link take} */
  readonly tally: Tally = { writes: 0, bytes: 0, dropped: new Set() }
  #load: Load

  /** @param load the whole server's counts, which go along */
  constructor(load: Load) {
    this.#load = load
  }

  /** A listener came, from outside or from another mount. */
  add(isRelay: boolean): void {
    if (isRelay) {
      this.relays++
      return
    }
    this.listeners++
    this.#load.listeners++
    this.listenerPeak = Math.max(this.listenerPeak, this.listeners)
  }

  /** It has gone. */
  remove(isRelay: boolean): void {
    if (isRelay) {
      this.relays--
      return
    }
    this.listeners--
    this.#load.listeners--
  }

  /** A listener was answered. */
  join(): void {
    this.joins++
    this.#load.joins++
  }

  /** One was refused for room, which a report counts as a join too. */
  refuse(): void {
    this.joins++
    this.#load.countRefused()
  }

  /** Adds up what was written; returns who fell off the queue. */
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
