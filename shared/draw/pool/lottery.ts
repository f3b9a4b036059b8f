/**
 * Tickets: index i holds `weight(i)` of them, and a draw picks one.
 *
 * A binary indexed tree (Fenwick, 1994): a draw and a change cost O(log n) each and allocate nothing. A report or a debit
 * changes one weight, and the tree is never rebuilt.
 * Weights are non-negative; draws are exact if they are integers with a sum below 2⁵³.
 */
export class Lottery {
  #weights = new Float64Array(16)
  /** #sums[i] = the weights of (i - (i & -i), i], counted from 1 */
  #sums = new Float64Array(17)
  #size = 0
  #total = 0
  #rest = 0

  get size(): number {
    return this.#size
  }
  /** The sum of all weights. */
  get total(): number {
    return this.#total
  }

  weight(index: number): number {
    return this.#weights[index] ?? 0
  }

  /** Adds an index at the end, with weight 0, and returns it. */
  add(): number {
    if (this.#size === this.#weights.length) this.#grow()
    return this.#size++
  }

  set(index: number, weight: number): void {
    const change = weight - this.weight(index)
    if (change === 0) return
    this.#weights[index] = weight
    this.#total += change
    for (let i = index + 1; i < this.#sums.length; i += i & -i) this.#sums[i] = (this.#sums[i] ?? 0) + change
  }

  /** Replaces all weights, in O(n). */
  fill(weights: Float64Array): void {
    if (weights.length > this.#weights.length) this.#weights = new Float64Array(sizeFor(weights.length))
    this.#weights.fill(0)
    this.#weights.set(weights)
    this.#size = weights.length
    this.#total = 0
    for (let i = 0; i < weights.length; i++) this.#total += weights[i] ?? 0
    this.#sum()
  }

  /** The position of the last ticket looked up by {@link at} among the tickets of its index, from 0. */
  get rest(): number {
    return this.#rest
  }

  /** The index that holds ticket number `ticket`; tickets are numbered from 0 to below {@link total} in the order of indexes. */
  at(ticket: number): number {
    let index = 0
    let left = ticket
    for (let step = this.#weights.length; step > 0; step >>= 1) {
      const sum = this.#sums[index + step]
      if (sum !== undefined && sum <= left) {
        index += step
        left -= sum
      }
    }
    this.#rest = left
    return index
  }

  /** How many tickets precede those of `index`. */
  before(index: number): number {
    let sum = 0
    for (let i = index; i > 0; i -= i & -i) sum += this.#sums[i] ?? 0
    return sum
  }

  #grow(): void {
    const weights = new Float64Array(this.#weights.length * 2)
    weights.set(this.#weights)
    this.#weights = weights
    this.#sum()
  }

  /** Computes all sums from the weights: each is added to the one that contains it. */
  #sum(): void {
    const { length } = this.#weights
    const sums = this.#sums.length === length + 1 ? this.#sums : new Float64Array(length + 1)
    sums.set(this.#weights, 1)
    for (let i = 1; i < sums.length; i++) {
      const parent = i + (i & -i)
      if (parent < sums.length) sums[parent] = (sums[parent] ?? 0) + (sums[i] ?? 0)
    }
    this.#sums = sums
  }
}

/** {@link Lottery.at} halves its steps, so the capacity is a power of two. */
const sizeFor = (count: number) => 2 ** Math.ceil(Math.log2(count))
