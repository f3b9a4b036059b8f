/** The clock of one machine: it may run fast or slow, jump, and stand still while the machine is suspended. */
export class Clock {
  readonly #trueMs: () => number
  /** the moment of the last change, and what both clocks showed then */
  #sinceMs = 0
  #wallMs: number
  #steadyMs = 0
  /** ms of this clock for a true ms */
  rate = 1

  constructor(trueMs: () => number, wallMs: number) {
    this.#trueMs = trueMs
    this.#wallMs = wallMs
  }

  /** ms since 1970, as far as this machine knows */
  wallMs(): number {
    return this.#wallMs + this.#passedMs()
  }

  /** ms since the machine was started; never steps back */
  steadyMs(): number {
    return this.#steadyMs + this.#passedMs()
  }

  /** After how many true ms this clock will have counted so many. */
  trueSpan(ms: number): number {
    return this.rate > 0 ? ms / this.rate : Number.POSITIVE_INFINITY
  }

  /** The wall clock is set by so many ms, back if negative. */
  jump(ms: number): void {
    this.#settle()
    this.#wallMs += ms
  }

  run(rate: number): void {
    this.#settle()
    this.rate = rate
  }

  /** A suspended machine goes on: neither clock has counted these ms, and the wall clock may be set again by the network. */
  skip(ms: number, setsWall: boolean): void {
    this.#settle()
    this.#steadyMs -= ms
    if (!setsWall) this.#wallMs -= ms
  }

  #passedMs(): number {
    return (this.#trueMs() - this.#sinceMs) * this.rate
  }

  #settle(): void {
    const passedMs = this.#passedMs()
    this.#wallMs += passedMs
    this.#steadyMs += passedMs
    this.#sinceMs = this.#trueMs()
  }
}
