import type { View } from '../../shared/draw/view.ts'

/** carriers of all mounts together, up to which everything is worked out for each request: well under a millisecond */
const carriersMax = 1000
/** ms for which what was worked out of a larger cluster stands */
const standsMs = 1000

/**
 * What anybody may ask for, and what takes long in a large cluster: there it is worked out once a second at most, so
 * that nobody keeps an edge from its listeners by asking. The second begins when the work is done: work that took longer
 * would else be done again and again.
 */
export class Remembered<T> {
  readonly #nowMs: () => number
  #last: { value: T; atMs: number } | undefined

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** What was worked out within the last second, where the cluster is large. */
  get(view: View): T | undefined {
    const isFresh = this.#last !== undefined && this.#nowMs() - this.#last.atMs < standsMs
    return isFresh && isLarge(view) ? this.#last?.value : undefined
  }

  /** The same, or else what is worked out now. */
  of(view: View, work: (nowMs: number) => T): T {
    const before = this.get(view)
    if (before !== undefined) return before
    const value = work(this.#nowMs())
    this.#last = { value, atMs: this.#nowMs() }
    return value
  }
}

function isLarge({ mounts }: View): boolean {
  let carriers = 0
  for (const mount of mounts.values()) {
    carriers += mount.carriers.size
    if (carriers > carriersMax) return true
  }
  return false
}
