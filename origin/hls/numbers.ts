import { hlsEpochMs } from './segmenter.ts'

/** The numbers with which a playlist begins: none is lower than any that players know of this mount. */
export interface FirstNumbers {
  segment: number
  /** of the first segment, which has no tag */
  discontinuity: number
}

/** 2020-01-01: numbers of segments count from here, so that they stay below 2³¹ until 2088 for players that need it */
const epochMs = 1_577_836_800_000

/**
 * ms for one discontinuity: more than one in this time, for as long as the program runs, is not expected. The numbers have to stay
 * small, because hls.js 1.7 walks over all of them at each playlist: 5 ms at 100,000, which is a year, and 10 s at some hundred million.
 */
const discontinuityMs = 5 * 60_000

/** The number of a moment, not rounded: one for each time that a segment lasts. */
const numberAt = (wallMs: number, segmentSeconds: number): number =>
  (wallMs - epochMs) / (segmentSeconds * 1000)

/**
 * The first numbers of a packager that begins now: greater than any that the mount had before, by the wall clock alone. Numbers run as
 * fast as segments do, because hls.js takes the numbers between two playlists, each a target duration long, for the time between them.
 */
export const firstNumbersAt = (wallMs: number, segmentSeconds: number): FirstNumbers => ({
  segment: Math.max(0, Math.ceil(numberAt(wallMs, segmentSeconds))),
  discontinuity: Math.max(0, Math.floor((wallMs - hlsEpochMs) / discontinuityMs)),
})

/** The first moment at which a packager that begins by the clock alone begins with this number, ms since 1970. */
export const firstMsOf = (number: number, segmentSeconds: number): number =>
  epochMs + (number - 1) * segmentSeconds * 1000

/**
 * Whether a segment may be listed: a packager that begins from now on, after a restart or at another master, has greater numbers. A
 * segment of full length may when it ends. Ends of sources make segments short, and those have to wait.
 */
export const isDue = (number: number, wallMs: number, segmentSeconds: number): boolean =>
  numberAt(wallMs, segmentSeconds) > number

/** the part by which a segment is longer for each number that it is ahead of the clock, or shorter if it is behind … */
const pacePerNumber = 0.01
/** … and by which it is so at most: its duration is still that of the configuration, rounded */
const paceMax = 0.05
/** numbers ahead of the clock at which segments are as long as configured: the clock may then be set back by half of one */
const aheadWanted = -0.5

/**
 * s that a segment which begins now should last, so that its mount's numbers stay with the clock: short segments let them run ahead,
 * and while a source is away they fall behind.
 */
export function pacedSeconds(number: number, wallMs: number, segmentSeconds: number): number {
  const excess = number - numberAt(wallMs, segmentSeconds) - aheadWanted
  const pace = Math.min(paceMax, Math.max(-paceMax, excess * pacePerNumber))
  return segmentSeconds * (1 + pace)
}
