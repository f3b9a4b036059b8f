import { historyLimits } from './limits.ts'
import type { Play } from './play-log.ts'
import type { Finished } from './recorder.ts'
import { type HistoryRow, numbersOf, type Selected, type SeriesRow } from './rows.ts'
import type { HistoryStore, LastState } from './store.ts'

/** plays kept without a database: two days of ten mounts that play 20 titles an hour */
const playsMax = 10_000

/** The history of a decider that has no database: it is gone with the program. */
export class MemoryHistory implements HistoryStore {
  #minutes: HistoryRow[] = []
  #hours: HistoryRow[] = []
  /** how many of the newest minutes no hour contains yet */
  #notRolled = 0
  #plays: Play[] = []

  add(finished: readonly Finished[]): void {
    this.#minutes.push(...finished.map(({ row }) => row))
    this.#notRolled += finished.length
    for (const { ended } of finished) for (const play of ended) this.#plays.push(play)
    keepNewest(this.#minutes, historyLimits.minutesMax)
    keepNewest(this.#plays, playsMax)
  }

  notRolled(): Iterable<HistoryRow> {
    return this.#notRolled === 0 ? [] : this.#minutes.slice(-this.#notRolled)
  }

  firstNotRolled(): number | undefined {
    return this.#notRolled === 0 ? undefined : this.#minutes.at(-this.#notRolled)?.bucket
  }

  addHours(hours: readonly HistoryRow[]): void {
    this.#hours.push(...hours)
    this.#notRolled = 0
    keepNewest(this.#hours, historyLimits.hoursMax)
  }

  last(): LastState | undefined {
    return undefined
  }

  minutes(selected: Selected, from: number, to: number): Iterable<SeriesRow[]> {
    return [seriesOf(this.#minutes, selected, from, to)]
  }

  hours(selected: Selected, from: number, to: number): Iterable<SeriesRow[]> {
    const running = Array.from(this.notRolled(), (row) => ({ ...row, bucket: Math.floor(row.bucket / 60) }))
    return [seriesOf([...this.#hours, ...running], selected, from, to)]
  }

  plays(fromMs: number, toMs: number): Iterable<Play[]> {
    return [this.#plays.filter(({ startMs }) => startMs >= fromMs && startMs < toMs)]
  }
}

const seriesOf = (rows: readonly HistoryRow[], selected: Selected, from: number, to: number): SeriesRow[] =>
  rows
    .filter(({ bucket }) => bucket >= from && bucket < to)
    .map((row) => ({ bucket: row.bucket, span: row.span, numbers: numbersOf(row, selected) }))

function keepNewest(list: unknown[], max: number): void {
  if (list.length > max) list.splice(0, list.length - max)
}
