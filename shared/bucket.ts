/** What a bucket lets through: so much at once, and so much a second from then on. */
export interface Rate {
  burst: number
  perSecond: number
}

/** How full a bucket was at a moment; undefined: it is full. */
export interface Bucket {
  level: number
  atMs: number
}

/** The bucket after `cost` was taken from it, or undefined where it does not hold as much. */
export function taken(
  before: Bucket | undefined,
  cost: number,
  rate: Rate,
  nowMs: number,
): Bucket | undefined {
  const level = levelOf(before, rate, nowMs) - cost
  return level < 0 ? undefined : { level, atMs: nowMs }
}

/** What a bucket holds by now. */
export function levelOf(bucket: Bucket | undefined, { burst, perSecond }: Rate, nowMs: number): number {
  if (!bucket) return burst
  return Math.min(burst, bucket.level + (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond)
}

/** Buckets by key, of which those that are full again are forgotten where there are too many. */
export class Buckets {
  #rate: Rate
  #max: number
  #buckets = new Map<string, Bucket>()

  /** @param max buckets kept: beyond it the oldest goes, as if it were full */
  constructor(rate: Rate, max: number) {
    this.#rate = rate
    this.#max = max
  }

  /** Takes from a key's bucket; false, and nothing taken, where it does not hold as much. */
  take(key: string, cost: number, nowMs: number): boolean {
    const bucket = taken(this.#buckets.get(key), cost, this.#rate, nowMs)
    if (bucket) this.#put(key, bucket)
    return bucket !== undefined
  }

  /** What a key's bucket holds by now. */
  levelOf(key: string, nowMs: number): number {
    return levelOf(this.#buckets.get(key), this.#rate, nowMs)
  }

  /** Takes what is there, and no less than nothing. */
  takeAsFarAsItGoes(key: string, cost: number, nowMs: number): void {
    this.#put(key, { level: Math.max(0, this.levelOf(key, nowMs) - cost), atMs: nowMs })
  }

  forget(key: string): void {
    this.#buckets.delete(key)
  }

  #put(key: string, bucket: Bucket): void {
    this.#buckets.delete(key) // the newest stands last
    this.#buckets.set(key, bucket)
    if (this.#buckets.size <= this.#max) return
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
