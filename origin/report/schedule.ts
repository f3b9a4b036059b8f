/** minimum ms between two reports, whatever happens (docs/protocol.md#when-a-report-is-sent) */
export const gapMs = 1000
/** share of the maximum by which the number of listeners may change without a report */
const movedShare = 0.05

/** State that decides when the next report is sent; times are ms of one clock. */
export interface Schedule {
  /** the operator's interval: the promise, never exceeded */
  readonly promisedMs: number
  /** the interval that the decider's reply wished for */
  readonly wishedMs: number
  /** when the last report was sent; -Infinity before the first */
  readonly sentAtMs: number
  /** listeners in the last report */
  readonly sentListeners: number
  /** a mount came or went, or a listener was refused, since the last report */
  readonly changed: boolean
  /** no report before this time: the decider is unreachable */
  readonly heldUntilMs: number
}

/** Due at once: a server reports when it starts. */
export const startSchedule = (promisedMs: number): Schedule => ({
  promisedMs,
  wishedMs: promisedMs,
  sentAtMs: Number.NEGATIVE_INFINITY,
  sentListeners: 0,
  changed: true,
  heldUntilMs: Number.NEGATIVE_INFINITY,
})

/** Whether the number of listeners has changed by more than 5 % of the maximum since the last report. */
const hasMoved = ({ sentListeners }: Schedule, listeners: number, maxListeners: number) =>
  Math.abs(listeners - sentListeners) > maxListeners * movedShare

/** When the next report is due, as known now; a time in the past means at once. */
export function dueAtMs(schedule: Schedule, listeners: number, maxListeners: number): number {
  const { sentAtMs, changed, promisedMs, wishedMs, heldUntilMs } = schedule
  const earliestMs = Math.max(sentAtMs + gapMs, heldUntilMs)
  if (changed || hasMoved(schedule, listeners, maxListeners)) return earliestMs
  return Math.max(earliestMs, sentAtMs + Math.min(promisedMs, wishedMs))
}

/** Whether a report may be sent now, checked before a request for the stream list (S8). */
export const maySend = ({ sentAtMs, heldUntilMs }: Schedule, nowMs: number): boolean =>
  nowMs >= Math.max(sentAtMs + gapMs, heldUntilMs)

export const withChange = (schedule: Schedule): Schedule => ({ ...schedule, changed: true })

export const withSent = (schedule: Schedule, listeners: number, nowMs: number): Schedule => ({
  ...schedule,
  sentAtMs: nowMs,
  sentListeners: listeners,
  changed: false,
})

/** The reply's wish can make reports more frequent, never less frequent than promised. */
export const withReply = (schedule: Schedule, wishSeconds: number | undefined): Schedule => ({
  ...schedule,
  heldUntilMs: Number.NEGATIVE_INFINITY,
  wishedMs: wishSeconds === undefined ? schedule.promisedMs : wishSeconds * 1000,
})

/** Removes a pause. */
export const withRetry = (schedule: Schedule): Schedule => ({
  ...schedule,
  heldUntilMs: Number.NEGATIVE_INFINITY,
})

/** The report failed: it is sent again, but not before `untilMs`. */
export const withFailure = (schedule: Schedule, untilMs: number): Schedule => ({
  ...schedule,
  changed: true,
  heldUntilMs: untilMs,
})
