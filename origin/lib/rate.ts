/** whole seconds over which a rate is measured: long enough to smooth one flush a second, short enough to follow a crowd */
const windowSeconds = 5

/** Bytes per second over the last few whole seconds, in a fixed ring with one count per second. */
export class Rate {
  #nowMs: () => number
  #counts = new Float64Array(windowSeconds + 1)
  #second: number
  /** the first whole second: what comes before it, such as the header of an Ogg stream, tells no rate */
  #startSecond: number

  /** @param nowMs a clock in ms that does not step back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    const seconds = nowMs() / 1000
    this.#second = Math.floor(seconds)
    this.#startSecond = Math.ceil(seconds)
  }

  add(bytes: number): void {
    const second = this.#advance()
    if (second < this.#startSecond) return
    const slot = second % this.#counts.length
    this.#counts[slot] = (this.#counts[slot] ?? 0) + bytes
  }

  /** The mean of the last whole seconds; 0 until the first has passed, which is one to two seconds after the start. */
  perSecond(): number {
    const second = this.#advance()
    const seconds = Math.min(windowSeconds, second - this.#startSecond)
    if (seconds <= 0) return 0
    const current = this.#counts[second % this.#counts.length] ?? 0
    return (this.#counts.reduce((sum, count) => sum + count, 0) - current) / seconds
  }

  /** Resets the counts of the seconds that passed since the last call. */
  #advance(): number {
    const second = Math.floor(this.#nowMs() / 1000)
    const { length } = this.#counts
    for (let passed = Math.max(this.#second, second - length) + 1; passed <= second; passed++)
      this.#counts[passed % length] = 0
    this.#second = Math.max(this.#second, second)
    return this.#second
  }
}
