/** Times and bounds of the directory protocol; those of Icecast 2.4, which directories were written against. */
export const ypLimits = {
  /** ms from a mount's start until it is listed: what begins and ends at once is not worth a listing */
  addAfterMs: 60_000,
  /** ms from the listing to the first touch, which tells the title */
  firstTouchAfterMs: 5000,
  /** ms between two touches at least, whatever a directory asks for */
  touchMsMin: 30_000,
  /** ms from a new title to the touch that tells it: several changes at once are one */
  titleAfterMs: 3000,
  /** ms between two touches that tell titles */
  titleGapMs: 60_000,
  /** ms until a directory that refused is asked again */
  refusedMs: 7_200_000,
  /** ms until one that did not answer, or has forgotten us, is asked again */
  unreachableMs: 1_200_000,
  /** ms between two looks at what is due */
  lookMs: 1000,
  /** characters of a directory's message in the log, and of its name for a mount, which is sent back in each touch */
  messageMax: 200,
  sidMax: 256,
} as const
