/** Values that are valid in a mount's stream from an offset to the next one: its titles, a container's headers. */
export class ByOffset<T> {
  #entries: [Entry<T>, ...Entry<T>[]]
  #newest: T

  /** @param first the value at the beginning */
  constructor(first: T) {
    this.#entries = [{ from: 0, value: first }]
    this.#newest = first
  }

  get newest(): T {
    return this.#newest
  }

  /** Sets the value from this offset on, which must not be before the last one set. */
  set(from: number, value: T): void {
    this.#newest = value
    this.#entries.push({ from, value })
  }

  at(offset: number): T {
    return (this.#entries.findLast(({ from }) => from <= offset) ?? this.#entries[0]).value
  }

  /** Removes values that were valid only before this offset. */
  prune(offset: number): void {
    const [first, ...others] = this.#entries
    const keep = others.findLastIndex(({ from }) => from <= offset)
    const [next = first, ...rest] = others.slice(Math.max(0, keep))
    if (keep >= 0) this.#entries = [next, ...rest]
  }
}

interface Entry<T> {
  from: number
  value: T
}
