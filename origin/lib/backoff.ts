/** How long to wait between two attempts at something that may come back. */
export interface Backoff {
  /** ms after the first failure, before the jitter */
  firstMs: number
  /** ms at most */
  maxMs: number
}

/**
 * ms to wait after the `attempt`-th failure in a row (from 1): it doubles up to the bound, and the roll in [0, 1) takes
 * up to half of it away, so that a crowd that lost one master does not come back at one moment.
 */
export function backoffMs({ firstMs, maxMs }: Backoff, attempt: number, roll: number): number {
  const wholeMs = Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, attempt - 1)))
  return wholeMs * (1 - roll / 2)
}
