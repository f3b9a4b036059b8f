import { holderOf } from '../../shared/http/address.ts'

/** All connections of a client, whether they wait or not. */
interface Holder {
  readonly name: string
  connections: number
  waiting: number
}

/** A connection in a {@link Waiting}: it may wait again and again, and nothing is made for that. */
export interface WaitingPlace<T> {
  readonly connection: T
  /** see {@link holderOf} */
  readonly holder: Holder
  isWaiting: boolean
  sinceMs: number
  /** those that came before and after it */
  older: WaitingPlace<T> | undefined
  newer: WaitingPlace<T> | undefined
}

/**
 * The connections without a whole head. They are bounded: if there are too many, the holder with most of them loses its
 * oldest, so one address cannot block the others.
 */
export class Waiting<T> {
  #max: number
  #size = 0
  #oldest: WaitingPlace<T> | undefined
  #newest: WaitingPlace<T> | undefined
  #holders = new Map<string, Holder>()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  /** clients that have a connection here */
  get holders(): number {
    return this.#holders.size
  }

  /** Makes a place for a connection, which does not wait yet; until {@link leave}. */
  enter(connection: T, address: string): WaitingPlace<T> {
    const name = holderOf(address)
    const holder = this.#holders.get(name) ?? { name, connections: 0, waiting: 0 }
    if (holder.connections++ === 0) this.#holders.set(name, holder)
    return { connection, holder, isWaiting: false, sinceMs: 0, older: undefined, newer: undefined }
  }

  /** Lets a connection wait; returns the one to close for it if there are too many. */
  add(place: WaitingPlace<T>, nowMs: number): T | undefined {
    this.delete(place)
    place.isWaiting = true
    place.sinceMs = nowMs
    place.older = this.#newest
    if (this.#newest) this.#newest.newer = place
    else this.#oldest = place
    this.#newest = place
    place.holder.waiting++
    this.#size++
    if (this.#size <= this.#max) return undefined
    const victim = this.#oldestOfMost()
    if (victim) this.delete(victim)
    return victim?.connection
  }

  /** It does not wait any more, but may again. */
  delete(place: WaitingPlace<T>): void {
    if (!place.isWaiting) return
    const { older, newer } = place
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
    place.isWaiting = false
    place.older = undefined
    place.newer = undefined
    place.holder.waiting--
    this.#size--
  }

  /** It will not wait again. To be called once. */
  leave(place: WaitingPlace<T>): void {
    this.delete(place)
    const { holder } = place
    if (--holder.connections === 0) this.#holders.delete(holder.name)
  }

  /** Removes and returns the connections that have waited longer than this. */
  expire(nowMs: number, afterMs: number): T[] {
    const late: T[] = []
    for (let place = this.#oldest; place && nowMs - place.sinceMs > afterMs; place = this.#oldest) {
      this.delete(place)
      late.push(place.connection)
    }
    return late
  }

  /** Removes and returns the oldest connection of the holder with most, if it has waited this long, to make room for another. */
  yieldOne(nowMs: number, afterMs: number): T | undefined {
    const victim = this.#oldestOfMost()
    if (!victim || nowMs - victim.sinceMs < afterMs) return undefined
    this.delete(victim)
    return victim.connection
  }

  #oldestOfMost(): WaitingPlace<T> | undefined {
    let most: Holder | undefined
    for (const holder of this.#holders.values()) if (holder.waiting > (most?.waiting ?? 0)) most = holder
    let place = this.#oldest
    while (place && place.holder !== most) place = place.newer
    return place
  }
}
