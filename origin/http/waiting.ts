interface Entry {
  address: string
  sinceMs: number
}

/**
 * The connections that have yet to send a whole head. They are bounded, and when there are too many the address that has
 * most of them loses its oldest: one address cannot keep out the rest.
 */
export class Waiting<T> {
  #max: number
  /** in the order they came */
  #entries = new Map<T, Entry>()
  #ofAddress = new Map<string, Set<T>>()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#entries.size
  }

  /** Takes in a connection; returns the one to close in its place, where there were too many. */
  add(connection: T, address: string, nowMs: number): T | undefined {
    this.#entries.set(connection, { address, sinceMs: nowMs })
    const same = this.#ofAddress.get(address)
    if (same) same.add(connection)
    else this.#ofAddress.set(address, new Set([connection]))
    if (this.#entries.size <= this.#max) return undefined
    const victim = this.#oldestOfMost()
    if (victim !== undefined) this.delete(victim)
    return victim
  }

  delete(connection: T): void {
    const entry = this.#entries.get(connection)
    if (!entry) return
    this.#entries.delete(connection)
    const same = this.#ofAddress.get(entry.address)
    same?.delete(connection)
    if (same?.size === 0) this.#ofAddress.delete(entry.address)
  }

  /** Takes out those that have waited longer than this. */
  expire(nowMs: number, afterMs: number): T[] {
    const late: T[] = []
    for (const [connection, { sinceMs }] of this.#entries) {
      if (nowMs - sinceMs <= afterMs) break
      late.push(connection)
    }
    for (const connection of late) this.delete(connection)
    return late
  }

  #oldestOfMost(): T | undefined {
    let most: Set<T> | undefined
    for (const connections of this.#ofAddress.values())
      if (!most || connections.size > most.size) most = connections
    const [oldest] = most ?? []
    return oldest
  }
}
