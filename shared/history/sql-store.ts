import * as v from 'valibot'
import type { Sql } from '../sql.ts'
import { historyLimits } from './limits.ts'
import {
  jsonKeyOf,
  NumbersSchema,
  PlaysSchema,
  packNumbers,
  packPlays,
  packSeries,
  SeriesSchema,
} from './packed.ts'
import type { Play } from './play-log.ts'
import type { Finished } from './recorder.ts'
import type { HistoryRow, Selected, SeriesRow } from './rows.ts'
import { noNumbers } from './series.ts'
import type { HistoryStore, LastState } from './store.ts'

/**
 * The tables of a history. Minutes and hours are rings: the number of a row modulo the slots is its slot, so that a new row
 * replaces the oldest in one written row. Rows are kept by the order in which they were written, not by their time: a clock
 * that was wrong for a while costs only the rows of that while.
 */
export const historyTables: readonly string[] = [
  `CREATE TABLE history_minute (slot INTEGER PRIMARY KEY, n INTEGER NOT NULL, bucket INTEGER NOT NULL, span REAL NOT NULL,
   total TEXT NOT NULL, mounts TEXT NOT NULL, servers TEXT NOT NULL)`,
  // rolled: the number of the newest minute that an hour contains
  `CREATE TABLE history_hour (slot INTEGER PRIMARY KEY, n INTEGER NOT NULL, bucket INTEGER NOT NULL, span REAL NOT NULL,
   total TEXT NOT NULL, mounts TEXT NOT NULL, servers TEXT NOT NULL, rolled INTEGER NOT NULL)`,
  'CREATE TABLE history_state (k INTEGER PRIMARY KEY, until INTEGER NOT NULL, open TEXT NOT NULL)',
  `CREATE TABLE play (n INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, plays INTEGER NOT NULL,
   body TEXT NOT NULL)`,
]

type Kind = 'minute' | 'hour'

const finite = v.pipe(v.number(), v.finite())
const json = <T extends v.GenericSchema>(schema: T) => v.pipe(v.string(), v.parseJson(), schema)
const RowSchema = v.object({
  bucket: finite,
  span: finite,
  total: json(NumbersSchema),
  mounts: SeriesSchema,
  servers: SeriesSchema,
})
const SeriesRowSchema = v.object({
  n: finite,
  bucket: finite,
  span: finite,
  numbers: v.nullable(json(NumbersSchema)),
})
const StateSchema = v.object({ until: finite, open: PlaysSchema })
const PlayRowSchema = v.object({ n: finite, body: PlaysSchema })

/** The history of a decider in SQLite. Rows that cannot be parsed are left out. */
export class SqlHistory implements HistoryStore {
  #sql: Sql
  #next: Record<Kind, number>
  /** the number of the newest minute that an hour contains */
  #rolled: number
  #plays: number

  constructor(sql: Sql) {
    this.#sql = sql
    this.#next = { minute: this.#max('n', 'history_minute') + 1, hour: this.#max('n', 'history_hour') + 1 }
    this.#rolled = this.#max('rolled', 'history_hour')
    this.#plays = sql.all<{ v: number | null }>('SELECT sum(plays) AS v FROM play')[0]?.v ?? 0
  }

  #max(column: string, table: string): number {
    return this.#sql.all<{ v: number | null }>(`SELECT max(${column}) AS v FROM ${table}`)[0]?.v ?? -1
  }

  add(finished: readonly Finished[]): void {
    const last = finished.at(-1)
    if (!last) return
    const next = this.#next.minute
    const plays = this.#plays
    try {
      this.#sql.tx(() => {
        for (const { row } of finished) this.#put('minute', row)
        this.#addPlays(finished.flatMap(({ ended }) => ended))
        const { untilMs, open } = last
        this.#sql.all(
          'INSERT OR REPLACE INTO history_state (k, until, open) VALUES (1, ?, ?)',
          untilMs,
          packPlays(open),
        )
      })
    } catch (error) {
      this.#next.minute = next
      this.#plays = plays
      throw error
    }
  }

  #put(kind: Kind, { bucket, span, total, mounts, servers }: HistoryRow): void {
    const n = this.#next[kind]++
    const slots = kind === 'minute' ? historyLimits.minutesMax : historyLimits.hoursMax
    const values = [
      n % slots,
      n,
      bucket,
      span,
      JSON.stringify(packNumbers(total)),
      packSeries(mounts),
      packSeries(servers),
    ]
    const columns = 'slot, n, bucket, span, total, mounts, servers'
    if (kind === 'minute')
      this.#sql.all(
        `INSERT OR REPLACE INTO history_minute (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        ...values,
      )
    else
      this.#sql.all(
        `INSERT OR REPLACE INTO history_hour (${columns}, rolled) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        ...values,
        this.#next.minute - 1,
      )
  }

  #addPlays(plays: readonly Play[]): void {
    if (plays.length === 0) return
    // not spread into arguments, of which an engine takes some hundred thousand
    const first = plays.reduce((min, { startMs }) => Math.min(min, startMs), Number.POSITIVE_INFINITY)
    const last = plays.reduce((max, { startMs }) => Math.max(max, startMs), Number.NEGATIVE_INFINITY)
    this.#sql.all(
      'INSERT INTO play (first, last, plays, body) VALUES (?, ?, ?, ?)',
      first,
      last,
      plays.length,
      packPlays(plays),
    )
    this.#plays += plays.length
    this.#forgetPlays(last)
  }

  /** Deletes the rows that were written first once they are too much older than the newest, or too many. */
  #forgetPlays(newestMs: number): void {
    const [oldest] = this.#sql.all<{ n: number; last: number; plays: number }>(
      'SELECT n, last, plays FROM play ORDER BY n LIMIT 1',
    )
    if (!oldest) return
    const isOld = oldest.last < newestMs - historyLimits.playsMs
    if (!isOld && this.#plays <= historyLimits.playsMax) return
    this.#sql.all('DELETE FROM play WHERE n = ?', oldest.n)
    this.#plays -= oldest.plays
  }

  *notRolled(): Iterable<HistoryRow> {
    const numbers = this.#sql.all<{ n: number }>(
      'SELECT n FROM history_minute WHERE n > ? ORDER BY n',
      this.#rolled,
    )
    const query = 'SELECT bucket, span, total, mounts, servers FROM history_minute WHERE slot = ? AND n = ?'
    for (const { n } of numbers) {
      const [raw] = this.#sql.all<unknown>(query, n % historyLimits.minutesMax, n)
      const parsed = v.safeParse(RowSchema, raw)
      if (parsed.success) yield parsed.output
    }
  }

  firstNotRolled(): number | undefined {
    const query = 'SELECT bucket FROM history_minute WHERE n > ? ORDER BY n LIMIT 1'
    const [first] = this.#sql.all<{ bucket: unknown }>(query, this.#rolled)
    return typeof first?.bucket === 'number' ? first.bucket : undefined
  }

  addHours(hours: readonly HistoryRow[]): void {
    const next = this.#next.hour
    try {
      this.#sql.tx(() => {
        for (const hour of hours) this.#put('hour', hour)
      })
    } catch (error) {
      this.#next.hour = next
      throw error
    }
    this.#rolled = this.#next.minute - 1
  }

  last(): LastState | undefined {
    const [raw] = this.#sql.all<unknown>('SELECT until, open FROM history_state WHERE k = 1')
    const parsed = v.safeParse(StateSchema, raw)
    return parsed.success ? { untilMs: parsed.output.until, open: parsed.output.open } : undefined
  }

  minutes(selected: Selected, from: number, to: number): Iterable<SeriesRow[]> {
    return this.#series('minute', selected, [from, to], [0, this.#next.minute])
  }

  *hours(selected: Selected, from: number, to: number): Iterable<SeriesRow[]> {
    // as of now: an hour that is written while this is read has these minutes in it
    const running = [this.#rolled + 1, this.#next.minute] as const
    yield* this.#series('hour', selected, [from, to], [0, this.#next.hour])
    for (const slice of this.#series('minute', selected, [from * 60, to * 60], running))
      yield slice.map(({ bucket, ...row }) => ({ ...row, bucket: Math.floor(bucket / 60) }))
  }

  /** The rows whose buckets and numbers are in these ranges, the first of each but not the last; a slice at a time. */
  *#series(
    kind: Kind,
    selected: Selected,
    buckets: readonly [from: number, to: number],
    ns: readonly [from: number, to: number],
  ): Iterable<SeriesRow[]> {
    const [numbers, path] = columnOf(selected)
    const query = `SELECT n, bucket, span, ${numbers} AS numbers FROM history_${kind}
      WHERE slot >= ? AND slot < ? AND n >= ? AND n < ? AND bucket >= ? AND bucket < ?`
    const slots = kind === 'minute' ? historyLimits.minutesMax : historyLimits.hoursMax
    for (let slot = 0; slot < slots; slot += historyLimits.sliceRows) {
      const params = [...path, slot, slot + historyLimits.sliceRows, ...ns, ...buckets]
      const rows = this.#sql.all<unknown>(query, ...params).flatMap((raw) => {
        const parsed = v.safeParse(SeriesRowSchema, raw)
        return parsed.success ? [{ ...parsed.output, numbers: parsed.output.numbers ?? noNumbers }] : []
      })
      if (rows.length > 0) yield rows
    }
  }

  *plays(fromMs: number, toMs: number): Iterable<Play[]> {
    const query = 'SELECT n, body FROM play WHERE n > ? AND last >= ? AND first < ? ORDER BY n LIMIT ?'
    for (let after = -1; ; ) {
      const raws = this.#sql.all<{ n: number }>(query, after, fromMs, toMs, historyLimits.sliceRows)
      const last = raws.at(-1)
      if (!last) return
      after = last.n
      yield raws.flatMap((raw) => {
        const parsed = v.safeParse(PlayRowSchema, raw)
        return parsed.success
          ? parsed.output.body.filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
          : []
      })
    }
  }
}

/** The column of a series, and the parameters in it: SQLite itself takes one series out of a row, so the others are not parsed. */
function columnOf(selected: Selected): [string, string[]] {
  if (selected === 'all') return ['total', []]
  const [column, name] = 'mount' in selected ? ['mounts', selected.mount] : ['servers', selected.server]
  return [`json_extract(${column}, ?)`, [`$."${jsonKeyOf(name)}"`]]
}
