/** Limits on reporting, each with its unit and its reason. */
export const reportLimits = {
  /** ms until a server that does not support reports is asked again: each report costs it a line or two of error log */
  unknownPauseMs: 600_000,
  /** share by which that time may be longer, so that slaves started together drift apart */
  unknownPauseSpread: 0.1,
  /** characters of the reason in a reply that are logged: a sentence or two */
  whyLengthMax: 200,
  /** bytes of a reply that are read: it has at most six lines (docs/sourcelist.md) */
  replyBytesMax: 16_384,
} as const
