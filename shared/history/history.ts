import { type Counted, Counts } from './counts.ts'
import { historyLimits } from './limits.ts'
import type { Play } from './play-log.ts'
import { type Finished, Recorder, type RecorderDeps, type Reported } from './recorder.ts'
import { type HistoryRow, numbersOf, RollUp, type Selected, type SeriesRow } from './rows.ts'
import type { HistoryStore } from './store.ts'

/** series of minutes that are read for an hour before listeners get their turn: some ms */
const seriesAtOnce = 4000
/** ms before now that a history may go on from after a restart: the longest deadline of a server, and some */
const resumeMsMax = 3 * 3_600_000

/** What happened in a cluster: minutes, hours and plays in a store, and counts in memory. */
export class History {
  readonly counts = new Counts()
  #deps: RecorderDeps
  #store: HistoryStore
  #recorder: Recorder
  /** rows that the store has not got yet */
  #pending: Finished[] = []
  /** the hour of the minutes that no hour contains yet */
  #hour: number | undefined
  /** that hour while it is added up */
  #rolling: { minutes: Iterator<HistoryRow>; sums: RollUp } | undefined

  /** @param servers as they were stored; their numbers count from where the stored history ends */
  constructor(deps: RecorderDeps, store: HistoryStore, servers: readonly Reported[], nowMs: number) {
    this.#deps = deps
    this.#store = store
    const last = store.last()
    const pausedMs = last === undefined ? -1 : deps.wallMs(nowMs) - last.untilMs
    const goesOn = pausedMs >= 0 && pausedMs <= resumeMsMax
    this.#recorder = new Recorder(deps, goesOn ? nowMs - pausedMs : nowMs, nowMs)
    for (const play of last?.open ?? [])
      if (goesOn) this.#recorder.resume(play)
      else this.#recorder.plays.addEnded(play)
    for (const server of servers) this.#recorder.restore(server)
    const first = store.firstNotRolled()
    this.#hour = first === undefined ? undefined : Math.floor(first / 60)
  }

  report(reported: Reported, nowMs: number): void {
    const joins = this.#recorder.report(reported, nowMs)
    this.counts.joined(reported.report.id, joins, nowMs)
  }

  forget(id: string): void {
    this.#recorder.forget(id)
    this.counts.forget(id)
  }

  /** Counts requests for mounts. @param isKnown whether there is a server of the id that sent them back */
  count(counted: Counted, nowMs: number, isKnown: boolean): void {
    this.counts.add(counted, nowMs, isKnown)
    const { answer, mount, sentBackBy, n } = counted
    if (answer === 'no_room') this.#recorder.refused(mount, n)
    if (sentBackBy !== undefined) this.#recorder.sentBack(sentBackBy, n)
  }

  /** Comes up to a moment; returns whether there are rows to {@link flush}. */
  advance(nowMs: number): boolean {
    this.#recorder.advance(nowMs)
    this.#pending.push(...this.#recorder.take())
    const tooMany = this.#pending.length - historyLimits.catchUpMax - historyLimits.pendingMax
    if (tooMany > 0) this.#pending.splice(0, tooMany)
    return this.#pending.length > 0
  }

  /** Ends the running row: the program stops. */
  stop(nowMs: number): void {
    this.#recorder.stop(nowMs)
    this.#pending.push(...this.#recorder.take())
  }

  /**
   * Writes what is finished. Throws if the store cannot be written: it is written with the next rows then. Where an hour is over that
   * many servers are in, one call adds up some of its minutes, and the last one writes.
   * @param isLast there is no next call: the program stops
   */
  flush(isLast = false): void {
    for (let [first] = this.#pending; first; [first] = this.#pending) {
      const hour = hourOf(first)
      if (this.#hour !== undefined && hour !== this.#hour) {
        if (!this.#rollUp(isLast)) return
        this.#hour = undefined
      }
      const end = this.#pending.findIndex((each) => hourOf(each) !== hour)
      const ofHour = this.#pending.slice(0, end < 0 ? undefined : end)
      this.#store.add(ofHour)
      this.#hour = hour
      this.#pending.splice(0, ofHour.length)
    }
  }

  /** Adds up minutes of the hour that is over, and writes it at the last; returns whether it is written. */
  #rollUp(isAll: boolean): boolean {
    const rolling = this.#rolling ?? {
      minutes: this.#store.notRolled()[Symbol.iterator](),
      sums: new RollUp(),
    }
    // begun again if the store fails
    this.#rolling = undefined
    for (let series = 0; isAll || series < seriesAtOnce; ) {
      const { value, done } = rolling.minutes.next()
      if (done) {
        this.#store.addHours(rolling.sums.hours)
        return true
      }
      rolling.sums.add(value)
      series += value.servers.size + value.mounts.size
    }
    this.#rolling = rolling
    return false
  }

  /** ms since 1970 by the wall clock. */
  wallMs(nowMs: number): number {
    return this.#deps.wallMs(nowMs)
  }

  /** The rows of one series with these minutes as of now, in slices, in any order: the running one, and those that the store has not got yet, too. */
  *minutes(selected: Selected, from: number, to: number, nowMs: number): Iterable<SeriesRow[]> {
    const recent = this.#recent(selected, 1, from, to, nowMs)
    yield* this.#store.minutes(selected, from, to)
    yield recent
  }

  /** The same of hours. */
  *hours(selected: Selected, from: number, to: number, nowMs: number): Iterable<SeriesRow[]> {
    const recent = this.#recent(selected, 60, from, to, nowMs)
    yield* this.#store.hours(selected, from, to)
    yield recent
  }

  #recent(selected: Selected, minutes: number, from: number, to: number, nowMs: number): SeriesRow[] {
    this.advance(nowMs) // else a row that has just ended would be nowhere yet
    const rows = [...this.#pending.map(({ row }) => row), this.#recorder.running(nowMs)]
    return rows
      .map((row) => ({
        bucket: Math.floor(row.bucket / minutes),
        span: row.span,
        numbers: numbersOf(row, selected),
      }))
      .filter(({ bucket, span }) => bucket >= from && bucket < to && span > 0)
  }

  /** The plays that are over, in slices. */
  plays(fromMs: number, toMs: number): Iterable<Play[]> {
    return this.#store.plays(fromMs, toMs)
  }

  /** The plays under way, and those that the store has not got yet. */
  recentPlays(nowMs: number): { open: Play[]; ended: Play[] } {
    this.advance(nowMs) // else a row that has just ended would take its plays along, and be nowhere yet
    const { open, ended } = this.#recorder.playsAt(nowMs)
    return { open, ended: [...this.#pending.flatMap((each) => each.ended), ...ended] }
  }
}

const hourOf = ({ row }: Finished) => Math.floor(row.bucket / 60)
