import { Lottery } from './lottery.ts'

/** The current weight of an index: an integer, 0 if it must not be drawn. */
export type WeighAt = (index: number, nowMs: number) => number

/**
 * A lottery that looks at a weight only when its index is drawn.
 *
 * It holds each weight as it was when last looked at. Between two reports a weight only falls (a debit, a deadline, a
 * drain), so a drawn ticket is accepted with probability `weight now ÷ weight held`, else the draw is repeated. Every draw
 * is exact, although a debit does not touch the drums of the other mounts. A held weight is corrected only when it is off
 * by more than a hundredth: repeating one draw in a hundred costs less than a correction at every draw.
 */
export class Drum {
  #held = new Lottery()
  #weighAt: WeighAt

  constructor(weighAt: WeighAt) {
    this.#weighAt = weighAt
  }

  /** Sets the held weight of an index, which must not be below its current weight. */
  set(index: number, weight: number): void {
    while (this.#held.size <= index) this.#held.add()
    this.#held.set(index, weight)
  }

  /** Sets the held weights of all indexes: like {@link set} for each, but in O(n). */
  fill(weights: Float64Array): void {
    this.#held.fill(weights)
  }

  /** Draws an index in proportion to weight, never `out`; -1 if all others have weight 0. */
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
      const accepted = held.rest < weight
      if (!accepted || was - weight > was / 100) held.set(index, weight)
      if (accepted) return index
    }
    return -1
  }
}
