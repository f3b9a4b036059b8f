/** ms between two reports at least, whatever happens (docs/protocol.md#when-a-report-is-sent) */
export const gapMs = 1000
/** share of the maximum by which the count of listeners may move without a word */
const movedShare = 0.05

/** What decides when the next report goes; times in ms of one clock. */
export interface Schedule {
  /** the operator's interval: the promise, never exceeded */
  readonly promisedMs: number
  /** what the decider's reply wished for */
  readonly wishedMs: number
  /** when the last report went; -Infinity before the first */
  readonly sentAtMs: number
  /** listeners in the last report */
  readonly sentListeners: number
  /** a mount came or went, or a listener was turned away, since the last report */
  readonly changed: boolean
  /** not before this moment: the decider is away */
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

/** Whether the count moved by more than 5 % of the maximum since the last report. */
const hasMoved = ({ sentListeners }: Schedule, listeners: number, maxListeners: number) =>
  Math.abs(listeners - sentListeners) > maxListeners * movedShare

/** When the next report goes, by what is known now; a moment that has passed means at once. */
export function dueAtMs(schedule: Schedule, listeners: number, maxListeners: number): number {
  const { sentAtMs, changed, promisedMs, wishedMs, heldUntilMs } = schedule
  const earliestMs = Math.max(sentAtMs + gapMs, heldUntilMs)
  if (changed || hasMoved(schedule, listeners, maxListeners)) return earliestMs
  return Math.max(earliestMs, sentAtMs + Math.min(promisedMs, wishedMs))
}

/** Whether a report may go now, asked before a request for the stream list (S8). */
export const maySend = ({ sentAtMs, heldUntilMs }: Schedule, nowMs: number): boolean =>
  nowMs >= Math.max(sentAtMs + gapMs, heldUntilMs)

export const withChange = (schedule: Schedule): Schedule => ({ ...schedule, changed: true })

export const withSent = (schedule: Schedule, listeners: number, nowMs: number): Schedule => ({
  ...schedule,
  sentAtMs: nowMs,
  sentListeners: listeners,
  changed: false,
})

/** The reply's wish makes reports come more often, never less often than promised. */
export const withReply = (schedule: Schedule, wishSeconds: number | undefined): Schedule => ({
  ...schedule,
  heldUntilMs: Number.NEGATIVE_INFINITY,
  wishedMs: wishSeconds === undefined ? schedule.promisedMs : wishSeconds * 1000,
})

/** Whatever held it holds it no more. */
export const withRetry = (schedule: Schedule): Schedule => ({
  ...schedule,
  heldUntilMs: Number.NEGATIVE_INFINITY,
})

/** The decider was not reached or refused: what was to be said is said again, but not before `untilMs`. */
export const withFailure = (schedule: Schedule, untilMs: number): Schedule => ({
  ...schedule,
  changed: true,
  heldUntilMs: untilMs,
})
