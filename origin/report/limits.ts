/** Bounds of reporting, each with its unit and its reason. */
export const reportLimits = {
  /** ms after which a server that knows nothing of reports is asked again: each report is a line or two in its error log */
  unknownPauseMs: 600_000,
  /** share by which that may be longer: slaves started together do not ask together for ever */
  unknownPauseSpread: 0.1,
} as const
