import { Lottery } from './lottery.ts'

/** What a ticket holder's weight is now, by index; an integer, 0 where it may not be drawn. */
export type WeighAt = (index: number, nowMs: number) => number

/**
 * A lottery whose weights are looked at only when they are drawn.
 *
 * It holds what each weight was when last looked at. Between two reports a weight only falls (a debit, a deadline,
 * a drain), so a ticket that is drawn is honoured with the chance `weight now ÷ weight held`: every draw is exact,
 * though no debit touches the drums of all the other mounts. The weight held is corrected only once it is off by more
 * than a hundredth, since one draw in a hundred that is made again costs less than to correct it at every draw.
 */
export class Drum {
  #held = new Lottery()
  #weighAt: WeighAt

  constructor(weighAt: WeighAt) {
    this.#weighAt = weighAt
  }

  /** Sets the weight held of an index, which must not be below what it weighs now. */
  set(index: number, weight: number): void {
    while (this.#held.size <= index) this.#held.add()
    this.#held.set(index, weight)
  }

  /** Sets the weights held of all indexes, by index: as {@link set} on each, at the price of one look at each. */
  fill(weights: Float64Array): void {
    this.#held.fill(weights)
  }

  /** Draws an index in proportion to weight, never `out`; -1 where all others weigh nothing. */
  draw(nowMs: number, roll: () => number, out = -1): number {
    const held = this.#held
    const outWeight = out < 0 ? 0 : held.weight(out)
    while (held.total - outWeight > 0) {
      let ticket = roll() * (held.total - outWeight)
      if (out >= 0 && ticket >= held.before(out)) ticket += outWeight
      const index = held.at(ticket)
      const was = held.weight(index)
      const weight = this.#weighAt(index, nowMs)
      if (weight === was) return index
      const honoured = held.rest < weight
      if (!honoured || was - weight > was / 100) held.set(index, weight)
      if (honoured) return index
    }
    return -1
  }
}
