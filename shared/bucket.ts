/** The rate that a token bucket allows: `burst` at once, then `perSecond`. */
export interface BucketRate {
  burst: number
  perSecond: number
}

/** The level of a bucket at a moment. An undefined bucket is full. */
export interface Bucket {
  level: number
  atMs: number
}

/** The bucket after `cost` was taken from it, or undefined if it holds less than that. */
export function taken(
  before: Bucket | undefined,
  cost: number,
  rate: BucketRate,
  nowMs: number,
): Bucket | undefined {
  const level = levelOf(before, rate, nowMs) - cost
  return level < 0 ? undefined : { level, atMs: nowMs }
}

/** The level of a bucket now. */
export function levelOf(bucket: Bucket | undefined, { burst, perSecond }: BucketRate, nowMs: number): number {
  if (!bucket) return burst
  return Math.min(burst, bucket.level + (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond)
}

/** Buckets by key, at most `max` of them. */
export class Buckets {
  #rate: BucketRate
  #max: number
  #buckets = new Map<string, Bucket>()

  /** @param max buckets kept: beyond it the oldest is dropped, which makes it full again */
  constructor(rate: BucketRate, max: number) {
    this.#rate = rate
    this.#max = max
  }

  /** Takes `cost` from a key's bucket; returns false and takes nothing if the bucket holds less. */
  take(key: string, cost: number, nowMs: number): boolean {
    const bucket = taken(this.#buckets.get(key), cost, this.#rate, nowMs)
    if (bucket) this.#put(key, bucket)
    return bucket !== undefined
  }

  /** The level of a key's bucket now. */
  levelOf(key: string, nowMs: number): number {
    return levelOf(this.#buckets.get(key), this.#rate, nowMs)
  }

  /** Takes 1 even from an empty bucket. Returns the level then; the bucket itself goes down to `-debtMax` at most. */
  owe(key: string, debtMax: number, nowMs: number): number {
    const level = this.levelOf(key, nowMs) - 1
    this.#put(key, { level: Math.max(-debtMax, level), atMs: nowMs })
    return level
  }

  /** Takes up to `cost`: the level never falls below 0. */
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
