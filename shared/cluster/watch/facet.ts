import { type Bucket, taken } from '../../bucket.ts'
import { limits } from '../../limits.ts'

/**
 * One property of a server or a mount that events tell about. A value that changes all the time is told a few times, then
 * once a minute: the last told value is always the true one within that minute, and a value that has changed back in the
 * meantime is not told at all.
 */
export class Facet<V> {
  #told: V
  #value: V
  #sinceMs = 0
  #bucket: Bucket | undefined

  /** @param value known without an event */
  constructor(value: V) {
    this.#told = value
    this.#value = value
  }

  /** the newest value, told or not */
  get value(): V {
    return this.#value
  }
  get told(): V {
    return this.#told
  }
  /** when it took its newest value */
  get sinceMs(): number {
    return this.#sinceMs
  }
  get isTold(): boolean {
    return this.#value === this.#told
  }

  /** Takes a new value as of `atMs`. */
  set(value: V, atMs: number): void {
    if (value === this.#value) return
    this.#value = value
    this.#sinceMs = atMs
  }

  /** Takes a value that is told in another way, or not at all. */
  settle(value: V): void {
    this.#value = value
    this.#told = value
  }

  /** Returns the value that was told before if a new one may be told now, which counts as told from then on. */
  tell(nowMs: number): { before: V } | undefined {
    if (this.isTold) return undefined
    const bucket = taken(this.#bucket, 1, limits.eventsOfFacet, nowMs)
    if (!bucket) return undefined
    this.#bucket = bucket
    const before = this.#told
    this.#told = this.#value
    return { before }
  }
}
