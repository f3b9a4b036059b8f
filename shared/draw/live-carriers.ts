import type { MountReport } from '../report/report.ts'
import type { Server } from './server.ts'

/** numbers for each server: its index among all of the moment, and the one of the mount in its report */
const numbersEach = 2

/**
 * The servers of one mount at a moment, by id, and what each reports of it: two numbers for each, outside of what the garbage collector
 * looks at. Ten thousand servers with a hundred mounts are a million of these in one answer; as arrays they were copied in one
 * turn, first as they grew, and then by the collector.
 */
export class LiveCarriers {
  readonly #all: readonly Server[]
  readonly #numbers: Uint32Array
  #size = 0

  /**
   * @param all servers of the moment, by id
   * @param room servers that may be added
   */
  constructor(all: readonly Server[], room: number) {
    this.#all = all
    this.#numbers = new Uint32Array(room * numbersEach)
  }

  get size(): number {
    return this.#size
  }

  /** Adds a server after the others. @param server its index @param place the one of the mount in its report */
  add(server: number, place: number): void {
    const at = this.#size * numbersEach
    if (at >= this.#numbers.length) throw new RangeError('a mount has more servers than carry it')
    this.#numbers[at] = server
    this.#numbers[at + 1] = place
    this.#size++
  }

  /** Undefined from {@link size} on. */
  serverAt(i: number): Server | undefined {
    return i < this.#size ? this.#all[this.#indexAt(i)] : undefined
  }

  /** What it reports of the mount. */
  reportAt(i: number): MountReport | undefined {
    return this.serverAt(i)?.report.mounts.at(this.#placeAt(i))
  }

  /** Both together, by id. */
  with(other: LiveCarriers): LiveCarriers {
    if (other.size === 0) return this
    const both = new LiveCarriers(this.#all, this.size + other.size)
    let at = 0
    for (let i = 0; i <= this.size; i++) {
      const next = i < this.size ? this.#indexAt(i) : Number.POSITIVE_INFINITY
      for (; at < other.size && other.#indexAt(at) < next; at++)
        both.add(other.#indexAt(at), other.#placeAt(at))
      if (i < this.size) both.add(next, this.#placeAt(i))
    }
    return both
  }

  #indexAt(i: number): number {
    return this.#numbers[i * numbersEach] ?? 0
  }

  #placeAt(i: number): number {
    return this.#numbers[i * numbersEach + 1] ?? 0
  }
}
