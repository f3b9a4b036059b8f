/** Times and bounds of the directory protocol, as in Icecast 2.4: directories were written against it. */
export const ypLimits = {
  /** ms from a mount's start until it is listed: a mount that ends soon is not worth a listing */
  addAfterMs: 60_000,
  /** ms from the listing to the first touch, which sends the title */
  firstTouchAfterMs: 5000,
  /** minimum ms between two touches, whatever a directory asks for */
  touchMsMin: 30_000,
  /** ms from a new title to the touch that sends it: several changes at once become one */
  titleAfterMs: 3000,
  /** ms between two touches that send titles */
  titleGapMs: 60_000,
  /** ms until a directory that refused is asked again */
  refusedMs: 7_200_000,
  /** ms until a directory that did not answer, or has forgotten us, is asked again */
  unreachableMs: 1_200_000,
  /** ms between two checks for due requests */
  lookMs: 1000,
  /** characters of a directory's message in the log, and of its SID for a mount, which is sent back in each touch */
  messageMax: 200,
  sidMax: 256,
} as const
