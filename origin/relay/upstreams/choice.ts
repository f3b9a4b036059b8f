import { type Backoff, backoffMs } from '../../lib/backoff.ts'
import { keyOf, type Upstream } from './upstream.ts'

/** Recent failures of an upstream. */
export interface Trouble {
  /** number in a row */
  readonly failures: number
  /** when the last failure happened, in ms */
  readonly atMs: number
  /** random number in [0, 1) that sets the jitter */
  readonly roll: number
}

/** By upstream key; upstreams that work are not in it. */
export type Troubles = ReadonlyMap<string, Trouble>

/** An upstream to ask, and after how many ms. */
export interface Attempt {
  upstream: Upstream
  waitMs: number
}

/** When an upstream may be asked again under this back-off, in ms of the clock in `Trouble`. */
export function readyAtMs(trouble: Trouble | undefined, backoff: Backoff): number {
  if (!trouble) return Number.NEGATIVE_INFINITY
  return trouble.atMs + backoffMs(backoff, trouble.failures, trouble.roll)
}

/**
 * The upstream that a relay without a connection asks next: the first in order of preference that may be asked now,
 * with upstreams of masters that answer before those of masters that do not. If none may be asked now, the one that may
 * be asked soonest. Undefined if there are no upstreams.
 */
export function nextAttempt(
  upstreams: readonly Upstream[],
  troubles: Troubles,
  backoff: Backoff,
  nowMs: number,
): Attempt | undefined {
  const attempts = upstreams.map((upstream) => attempt(upstream, troubles, backoff, nowMs))
  const ranked = [
    ...attempts.filter(({ upstream }) => !upstream.isDoubtful),
    ...attempts.filter(({ upstream }) => upstream.isDoubtful),
  ]
  return ranked.find(({ waitMs }) => waitMs === 0) ?? earliest(ranked)
}

/**
 * The upstream that a running relay tries in parallel because it prefers it: among those before the current one in the
 * list, the one that may be asked soonest. If the current upstream is no longer listed, all others are preferred.
 * Undefined if none is preferred.
 */
export function returnAttempt(
  upstreams: readonly Upstream[],
  current: Upstream,
  troubles: Troubles,
  backoff: Backoff,
  nowMs: number,
): Attempt | undefined {
  const at = upstreams.findIndex((upstream) => keyOf(upstream) === keyOf(current))
  const preferred = upstreams.slice(0, at < 0 ? upstreams.length : at)
  return earliest(
    preferred
      .filter(({ isDoubtful }) => !isDoubtful)
      .map((upstream) => attempt(upstream, troubles, backoff, nowMs)),
  )
}

const attempt = (upstream: Upstream, troubles: Troubles, backoff: Backoff, nowMs: number): Attempt => ({
  upstream,
  waitMs: Math.max(0, readyAtMs(troubles.get(keyOf(upstream)), backoff) - nowMs),
})

/** The first of those with the shortest wait. */
const earliest = (attempts: readonly Attempt[]): Attempt | undefined =>
  attempts.toSorted((a, b) => a.waitMs - b.waitMs)[0]
