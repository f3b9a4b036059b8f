import { ypLimits as limits } from './limits.ts'

/** The state of a mount at one directory; times in ms of one clock. */
export interface Listing {
  /** the directory's id for the listing; undefined: it is not listed, and is added when due */
  readonly sid: string | undefined
  /** when the directory is told next */
  readonly dueAtMs: number
  /** when it was last told; -Infinity: never */
  readonly toldAtMs: number
  /** between two touches */
  readonly everyMs: number
}

export const startListing = (startedAtMs: number): Listing => ({
  sid: undefined,
  dueAtMs: startedAtMs + limits.addAfterMs,
  toldAtMs: Number.NEGATIVE_INFINITY,
  everyMs: limits.touchMsMin,
})

/** The directory has listed the mount. */
export const withAdded = (
  listing: Listing,
  { sid, touchMs }: { sid: string; touchMs: number },
  nowMs: number,
): Listing => ({
  ...listing,
  sid,
  everyMs: Math.max(limits.touchMsMin, touchMs),
  dueAtMs: nowMs + limits.firstTouchAfterMs,
})

export const withTouched = (listing: Listing, nowMs: number): Listing => ({
  ...listing,
  toldAtMs: nowMs,
  dueAtMs: nowMs + listing.everyMs,
})

/** The directory refused, or did not answer: it is asked to add the mount again, after a while. */
export const withDirectoryFailure = (
  listing: Listing,
  why: 'refused' | 'unreachable',
  nowMs: number,
): Listing => ({
  ...listing,
  sid: undefined,
  // a directory that refuses a touch has forgotten us
  dueAtMs: nowMs + (why === 'refused' && listing.sid === undefined ? limits.refusedMs : limits.unreachableMs),
})

/** A new title: it is sent soon, but at most once a minute. */
export function withTitle(listing: Listing, nowMs: number): Listing {
  if (listing.sid === undefined) return listing
  const soonMs = Math.max(nowMs + limits.titleAfterMs, listing.toldAtMs + limits.titleGapMs)
  return { ...listing, dueAtMs: Math.min(listing.dueAtMs, soonMs) }
}
