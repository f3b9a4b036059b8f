import { holderOf } from '../../shared/http/address.ts'

interface Entry {
  /** see {@link holderOf} */
  holder: string
  sinceMs: number
}

/**
 * The connections without a whole head. They are bounded: if there are too many, the holder with most of them loses its
 * oldest, so one address cannot block the others.
 */
export class Waiting<T> {
  #max: number
  /** in the order they came */
  #entries = new Map<T, Entry>()
  /** one connection, or several: a player that keeps its connection is one of many that wait alone */
  #ofHolder = new Map<string, T | Set<T>>()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#entries.size
  }

  /** Adds a connection; returns the one to close for it if there are too many. */
  add(connection: T, address: string, nowMs: number): T | undefined {
    const holder = holderOf(address)
    this.#entries.set(connection, { holder, sinceMs: nowMs })
    const same = this.#ofHolder.get(holder)
    if (same instanceof Set) same.add(connection)
    else this.#ofHolder.set(holder, same === undefined ? connection : new Set([same, connection]))
    if (this.#entries.size <= this.#max) return undefined
    const victim = this.#oldestOfMost()
    if (victim !== undefined) this.delete(victim)
    return victim
  }

  delete(connection: T): void {
    const entry = this.#entries.get(connection)
    if (!entry) return
    this.#entries.delete(connection)
    const same = this.#ofHolder.get(entry.holder)
    if (same instanceof Set) same.delete(connection)
    if (same === connection || (same instanceof Set && same.size === 0)) this.#ofHolder.delete(entry.holder)
  }

  /** Removes and returns the connections that have waited longer than this. */
  expire(nowMs: number, afterMs: number): T[] {
    const late: T[] = []
    for (const [connection, { sinceMs }] of this.#entries) {
      if (nowMs - sinceMs <= afterMs) break
      late.push(connection)
    }
    for (const connection of late) this.delete(connection)
    return late
  }

  /** Removes and returns the oldest connection of the holder with most, if it has waited this long, to make room for another. */
  yieldOne(nowMs: number, afterMs: number): T | undefined {
    const victim = this.#oldestOfMost()
    const entry = victim === undefined ? undefined : this.#entries.get(victim)
    if (victim === undefined || !entry || nowMs - entry.sinceMs < afterMs) return undefined
    this.delete(victim)
    return victim
  }

  #oldestOfMost(): T | undefined {
    let oldest: T | undefined
    let most = 0
    for (const same of this.#ofHolder.values()) {
      const count = same instanceof Set ? same.size : 1
      if (count <= most) continue
      most = count
      oldest = same instanceof Set ? same.values().next().value : same
    }
    return oldest
  }
}
