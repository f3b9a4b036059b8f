import { type Backoff, backoffMs } from '../../lib/backoff.ts'
import { keyOf, type Upstream } from './upstream.ts'

/** What speaks against an upstream for a while. */
export interface Trouble {
  /** in a row */
  readonly failures: number
  /** ms, of the last of them */
  readonly atMs: number
  /** in [0, 1): its share of the jitter */
  readonly roll: number
}

/** By the upstreams' keys; those that work are not in it. */
export type Troubles = ReadonlyMap<string, Trouble>

/** An upstream to be asked, and after how many ms. */
export interface Attempt {
  upstream: Upstream
  waitMs: number
}

/** When an upstream may be asked again by this back-off, in ms of the troubles' clock. */
export function readyAtMs(trouble: Trouble | undefined, backoff: Backoff): number {
  if (!trouble) return Number.NEGATIVE_INFINITY
  return trouble.atMs + backoffMs(backoff, trouble.failures, trouble.roll)
}

/**
 * Whom a relay without a connection asks next: the first in order of preference that may be asked now, those of masters
 * that answer before those of masters that do not; where none may, the one whose time comes first. Undefined where there
 * is none at all.
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
 * Whom a relay that runs tries beside its connection, since it would rather be there: of those before the current
 * upstream the one that may be asked first. All come before one that is no longer in the list. Undefined where it is
 * where it should be.
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

/** The first of those that wait least. */
const earliest = (attempts: readonly Attempt[]): Attempt | undefined =>
  attempts.toSorted((a, b) => a.waitMs - b.waitMs)[0]
