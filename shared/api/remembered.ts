import type { View } from '../draw/view.ts'

/** carriers of all mounts together, up to which everything is computed for each request: well under a millisecond */
const carriersMax = 1000
/** ms for which the value for a larger cluster is kept */
const standsMs = 1000

/**
 * A value that is public, and expensive for a large cluster: then it is computed at most once a second, so that requests
 * for it cannot keep an edge from its listeners. The second begins when the work is done: otherwise work that takes longer
 * than a second would be repeated for every request.
 */
export class Remembered<T> {
  readonly #nowMs: () => number
  #last: { value: T; atMs: number } | undefined

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** The value computed within the last second, if the cluster is large. */
  get(view: View): T | undefined {
    const isFresh = this.#last !== undefined && this.#nowMs() - this.#last.atMs < standsMs
    return isFresh && isLarge(view) ? this.#last?.value : undefined
  }

  /** The same, or otherwise the value computed now. */
  of(view: View, work: (nowMs: number) => T): T {
    const before = this.get(view)
    if (before !== undefined) return before
    const value = work(this.#nowMs())
    this.#last = { value, atMs: this.#nowMs() }
    return value
  }
}

/** Whether a cluster is so large that what is printed for one request serves others too. */
export function isLarge({ mounts }: View): boolean {
  let carriers = 0
  for (const mount of mounts.values()) {
    carriers += mount.carriers.size
    if (carriers > carriersMax) return true
  }
  return false
}
