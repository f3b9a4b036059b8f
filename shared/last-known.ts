/** Remembers for a while what was last known of many things, such as the masters of a mount that is away. */
export class LastKnown<K, V> {
  #nowMs: () => number
  #keptMs: number
  #countMax: number
  /** the oldest first */
  #known = new Map<K, { value: V; untilMs: number }>()

  /**
   * @param nowMs a clock that does not step back
   * @param countMax beyond it the oldest are forgotten
   */
  constructor(nowMs: () => number, keptMs: number, countMax: number) {
    this.#nowMs = nowMs
    this.#keptMs = keptMs
    this.#countMax = countMax
  }

  note(key: K, value: V): void {
    this.#known.delete(key)
    this.#known.set(key, { value, untilMs: this.#nowMs() + this.#keptMs })
    const [oldest] = this.#known.keys()
    if (this.#known.size > this.#countMax && oldest !== undefined) this.#known.delete(oldest)
  }

  get(key: K): V | undefined {
    const known = this.#known.get(key)
    return known && known.untilMs > this.#nowMs() ? known.value : undefined
  }
}
