import { type Bucket, type Rate, taken } from '../bucket.ts'

/** Lines of the log that anybody may cause: a few at once, then one now and then that says how many were left out. */
export class FewLines {
  #rate: Rate
  #bucket: Bucket | undefined
  #leftOut = 0

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** How many were left out since the last one, where this one may be written; else it is left out. */
  next(nowMs: number): number | undefined {
    const bucket = taken(this.#bucket, 1, this.#rate, nowMs)
    if (!bucket) {
      this.#leftOut++
      return undefined
    }
    const leftOut = this.#leftOut
    this.#bucket = bucket
    this.#leftOut = 0
    return leftOut
  }
}
