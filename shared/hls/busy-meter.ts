import { hlsLimits } from './limits.ts'

/** ms over which questions are counted */
const windowMs = 10_000

/** Counts steering questions, and says whether players should ask less often: a core has more to do than to steer. */
export class BusyMeter {
  #nowMs: () => number
  #beganAtMs = Number.NEGATIVE_INFINITY
  #count = 0
  #isBusy = false

  /** @param nowMs a clock that does not step back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Whether there were too many in the last window; while they ask less often, a part of the bound keeps it busy. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  count(): void {
    const nowMs = this.#nowMs()
    const elapsedMs = nowMs - this.#beganAtMs
    if (elapsedMs >= windowMs) {
      const perSecond = (this.#count / elapsedMs) * 1000
      // at the longer interval the same players ask a third as often
      const share = this.#isBusy ? hlsLimits.ttlSeconds / hlsLimits.calmTtlSeconds : 1
      this.#isBusy = perSecond > hlsLimits.steeringPerSecondMax * share
      this.#beganAtMs = nowMs
      this.#count = 0
    }
    this.#count++
  }
}
