import type { Play } from './play-log.ts'
import type { Finished } from './recorder.ts'
import type { HistoryRow, Selected, SeriesRow } from './rows.ts'

/** The plays under way when the last row ended, and when that was, in ms since 1970 by the wall clock. */
export interface LastState {
  untilMs: number
  open: Play[]
}

/** Where the rows of a history are kept; each kind is bounded, the oldest written rows make room. */
export interface HistoryStore {
  /** Keeps finished rows, all or none. */
  add(finished: readonly Finished[]): void
  /** the rows that no hour contains yet, each read when it is asked for */
  notRolled(): Iterable<HistoryRow>
  /** the minute of the first of them; undefined: there is none */
  firstNotRolled(): number | undefined
  /** Keeps the rows of hours that all minutes so far are in. */
  addHours(hours: readonly HistoryRow[]): void
  last(): LastState | undefined
  /** the rows of one series with these buckets, in slices between which others get their turn, in any order; what is added meanwhile is not among them */
  minutes(selected: Selected, from: number, to: number): Iterable<SeriesRow[]>
  /** the same of hours: those that are over, and the minutes of the running one */
  hours(selected: Selected, from: number, to: number): Iterable<SeriesRow[]>
  /** the plays that ended and that started in `[fromMs, toMs)`, in slices */
  plays(fromMs: number, toMs: number): Iterable<Play[]>
}
