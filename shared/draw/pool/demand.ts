/** weight of the newest second in a rate */
const newness = 0.3

/** A rate a second, after so many seconds in which there was another one. */
export const smoothed = (rate: number, newest: number, seconds: number): number =>
  rate + (newest - rate) * (1 - (1 - newness) ** seconds)

/** The joins of all mounts of a decider. Mounts share the room of their servers, and each claims its part. */
export class TotalDemand {
  #rate = new JoinRate()

  join(nowMs: number): void {
    this.#rate.add(nowMs)
  }

  /** The part of a mount with this rate of joins, in (0, 1]. */
  shareOf(rate: number, nowMs: number): number {
    const total = this.#rate.at(nowMs)
    return total <= rate || rate === 0 ? 1 : rate / total
  }
}

/** A rate per second; the newest second counts three tenths. */
export class JoinRate {
  #rate = 0
  #count = 0
  #sinceMs: number | undefined

  add(nowMs: number): void {
    this.at(nowMs)
    this.#count++
  }

  at(nowMs: number): number {
    this.#sinceMs ??= nowMs
    const seconds = Math.floor((nowMs - this.#sinceMs) / 1000)
    if (seconds >= 1) {
      this.#rate = smoothed(this.#rate, this.#count / seconds, seconds)
      this.#count = 0
      this.#sinceMs += seconds * 1000
    }
    return this.#rate
  }
}
