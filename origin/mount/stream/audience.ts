import type { Chunk } from '../../format/chunk.ts'
import type { Timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'
import type { Listener } from './listener.ts'
import type { Queue } from './queue.ts'

/** The listeners of one queue. */
export class Audience<C extends Chunk = Chunk> {
  readonly queue: Queue<C>
  #listeners = new Set<Listener>()
  #timers: Timers
  #settle: () => void
  /** the round in progress: its position among the listeners */
  #round: Iterator<Listener> | undefined
  #again = false
  /** of the listeners that the round in progress has come to */
  #slowest = 0

  /** @param settle called after each turn of a round, to count what was written and drop listeners that fell off */
  constructor(queue: Queue<C>, timers: Timers, settle: () => void) {
    this.queue = queue
    this.#timers = timers
    this.#settle = settle
  }

  get size(): number {
    return this.#listeners.size
  }

  get listeners(): Iterable<Listener> {
    return this.#listeners
  }

  add(listener: Listener): void {
    this.#listeners.add(listener)
  }

  /** False if it was not a listener of this queue. */
  delete(listener: Listener): boolean {
    return this.#listeners.delete(listener)
  }

  /** Writes once to each listener that is behind; in turns, so that thousands of writes do not delay a join. */
  flush(): void {
    if (this.#round) {
      this.#again = true
      return
    }
    this.#round = this.#listeners.values()
    this.#slowest = this.queue.end
    this.#turn()
  }

  #turn(): void {
    const round = this.#round
    if (!round) return
    for (let i = 0; i < limits.flushSlice; i++) {
      const { value, done } = round.next()
      if (done) {
        this.#finish()
        return
      }
      value.send()
      this.#slowest = Math.min(this.#slowest, value.position)
    }
    this.#settle()
    this.#timers.soon(() => this.#turn())
  }

  #finish(): void {
    this.#round = undefined
    this.queue.slowest = this.#slowest
    this.#settle()
    if (!this.#again) return
    this.#again = false
    this.flush()
  }
}
