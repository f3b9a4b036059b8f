/** times as fast as the clock */
const faster = 10

/** A clock for a source, which runs ten times as fast for so many ms: soon there are as many segments as after minutes. */
export class HeadStart {
  #sinceMs: number | undefined
  #forMs: number

  constructor(forMs: number) {
    this.#forMs = forMs
  }

  begin(): void {
    this.#sinceMs = performance.now()
  }

  readonly nowMs = (): number => {
    const nowMs = performance.now()
    if (this.#sinceMs === undefined) return nowMs
    return nowMs + (faster - 1) * Math.min(nowMs - this.#sinceMs, this.#forMs)
  }
}
