import { type Bucket, type BucketRate, taken } from '../bucket.ts'

/** Limits log lines that anyone can cause: a few at once, then one now and then that says how many were left out. */
export class FewLines {
  #rate: BucketRate
  #bucket: Bucket | undefined
  #leftOut = 0

  constructor(rate: BucketRate) {
    this.#rate = rate
  }

  /** The number of lines left out since the last one, if this line may be written; undefined if it is left out too. */
  next(nowMs: number): number | undefined {
    const bucket = taken(this.#bucket, 1, this.#rate, nowMs)
    if (!bucket) return this.leaveOut()
    const leftOut = this.#leftOut
    this.#bucket = bucket
    this.#leftOut = 0
    return leftOut
  }

  /** Counts a line that is not written for another reason. */
  leaveOut(): undefined {
    this.#leftOut++
    return undefined
  }
}
