/** Bounds of the wait between two attempts. */
export interface Backoff {
  /** ms after the first failure, before the jitter */
  firstMs: number
  /** ms at most */
  maxMs: number
}

/**
 * ms to wait after the `attempt`-th failure in a row (from 1): doubles up to the bound, and is reduced by up to half by the
 * roll in [0, 1), so that many relays that lost the same master do not return at the same moment.
 */
export function backoffMs({ firstMs, maxMs }: Backoff, attempt: number, roll: number): number {
  const wholeMs = Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, attempt - 1)))
  return wholeMs * (1 - roll / 2)
}
