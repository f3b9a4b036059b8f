import { describe, expect, test } from 'vitest'
import { ServerTable, type Sql } from '../../../shared/cluster/server-table.ts'
import { historyLimits } from '../../../shared/history/limits.ts'
import { MemoryHistory } from '../../../shared/history/memory-store.ts'
import type { Play } from '../../../shared/history/play-log.ts'
import type { Finished } from '../../../shared/history/recorder.ts'
import type { HistoryRow, SeriesRow } from '../../../shared/history/rows.ts'
import { noNumbers } from '../../../shared/history/series.ts'
import type { HistoryStore } from '../../../shared/history/store.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const numbers = (seconds: number) => ({ ...noNumbers, seconds, peak: 1 })
const rowOf = (bucket: number, seconds = bucket): HistoryRow => ({
  bucket,
  span: 60,
  total: numbers(seconds),
  mounts: new Map([['/a "b"', numbers(seconds + 0.5)]]),
  servers: new Map([['s', numbers(seconds + 1)]]),
})
const play = (startMs: number, title = `${startMs}`): Play => ({
  mount: mountOf('/a'),
  artist: undefined,
  title,
  startMs,
  seconds: 1,
  listenersAtStart: 2,
  peak: 3,
  listeningSeconds: 4,
})
const finished = (bucket: number, ended: Play[] = [], open: Play[] = []): Finished => ({
  row: rowOf(bucket),
  untilMs: bucket * 60_000,
  ended,
  open,
})
const all = <T>(slices: Iterable<T[]>) => [...slices].flat()
const seconds = (rows: Iterable<SeriesRow[]>) =>
  all(rows)
    .toSorted((a, b) => a.bucket - b.bucket)
    .map(({ bucket, numbers: { seconds } }) => [bucket, seconds])
const storeOf = (sql: Sql = memorySql()) => new ServerTable(sql).history

describe.for<[string, () => HistoryStore]>([
  ['memory', () => new MemoryHistory()],
  ['SQLite', storeOf],
])('a history in %s', ([, create]) => {
  test('has the minutes of a series that are asked for, the first but not the last', () => {
    const store = create()
    store.add([finished(60), finished(61), finished(62)])
    expect(seconds(store.minutes('all', 60, 62))).toEqual([
      [60, 60],
      [61, 61],
    ])
    expect(seconds(store.minutes({ mount: '/a "b"' }, 61, 63))).toEqual([
      [61, 61.5],
      [62, 62.5],
    ])
    expect(seconds(store.minutes({ server: 's' }, 62, 99))).toEqual([[62, 63]])
    expect(seconds(store.minutes({ server: 'other' }, 62, 99))).toEqual([[62, 0]])
  })

  test('has hours that are over, and the minutes of the one that is not', () => {
    const store = create()
    expect(store.firstNotRolled()).toBeUndefined()
    store.add([finished(60), finished(61)])
    expect([store.firstNotRolled(), [...store.notRolled()].map(({ bucket }) => bucket)]).toEqual([
      60,
      [60, 61],
    ])
    store.addHours([{ ...rowOf(1, 121), span: 120 }])
    expect([store.firstNotRolled(), [...store.notRolled()]]).toEqual([undefined, []])
    store.add([finished(120)])
    expect(store.firstNotRolled()).toBe(120)
    expect(seconds(store.hours('all', 0, 9))).toEqual([
      [1, 121],
      [2, 120],
    ])
    expect(seconds(store.hours('all', 2, 9))).toEqual([[2, 120]])
    expect(seconds(store.hours('all', 3, 9))).toEqual([])
    expect(seconds(store.hours('all', 1, 2))).toEqual([[1, 121]])
  })

  test('keeps the newest minutes, as many as fit', () => {
    const store = create()
    const { minutesMax } = historyLimits
    store.add(Array.from({ length: minutesMax + 2 }, (_, i) => finished(i)))
    const buckets = seconds(store.minutes('all', 0, 99_999)).map(([bucket]) => bucket)
    expect([buckets.length, buckets[0], buckets.at(-1)]).toEqual([minutesMax, 2, minutesMax + 1])
  })

  test('keeps more plays at once than a call takes arguments', () => {
    const store = create()
    const many: Play[] = Array(150_000).fill(play(5))
    store.add([finished(1, many)])
    expect(store.firstNotRolled()).toBe(1)
  })

  test('is as it was where nothing is finished', () => {
    const store = create()
    store.add([])
    expect([store.firstNotRolled(), all(store.minutes('all', 0, 99)), store.last()]).toEqual([
      undefined,
      [],
      undefined,
    ])
  })

  test('has the plays that began within a time', () => {
    const store = create()
    store.add([finished(1, [play(10), play(20)]), finished(2, [play(30)])])
    const between = (from: number, to: number) => all(store.plays(from, to)).map(({ startMs }) => startMs)
    expect(between(0, 99)).toEqual([10, 20, 30])
    expect(between(20, 30)).toEqual([20])
    expect(all(store.plays(30, 31))).toEqual([play(30)])
    expect(between(31, 99)).toEqual([])
  })
})

test('a history in memory keeps the newest of ten thousand plays', () => {
  const store = new MemoryHistory()
  store.add([
    finished(
      1,
      Array.from({ length: 10_002 }, (_, i) => play(i)),
    ),
  ])
  const starts = all(store.plays(0, 99_999)).map(({ startMs }) => startMs)
  expect([starts.length, starts[0], starts.at(-1)]).toEqual([10_000, 2, 10_001])
})

describe('a history in SQLite', () => {
  test('keeps the newest hours in a ring, and reads all of it', () => {
    const sql = memorySql()
    storeOf(sql).addHours([rowOf(1), rowOf(2)])
    const last = historyLimits.hoursMax - 1
    sql.all(
      `INSERT INTO history_hour SELECT ?, ?, 3, span, '[3]', mounts, servers, rolled FROM history_hour WHERE n = 0`,
      last,
      last,
    )
    const store = storeOf(sql)
    store.addHours([rowOf(4)])
    expect(seconds(store.hours('all', 0, 99))).toEqual([
      [2, 2],
      [3, 3],
      [4, 4],
    ])
  })

  test('keeps a bounded number of plays, also after a restart', () => {
    const sql = memorySql()
    storeOf(sql).add([finished(1, [play(1)])])
    const { playsMax } = historyLimits
    sql.all('UPDATE play SET plays = ?', playsMax - 1)
    const store = storeOf(sql)
    const startsAfter = (start: number) => {
      store.add([finished(2, [play(start)])])
      return all(store.plays(0, 99)).map(({ startMs }) => startMs)
    }
    expect(startsAfter(2), 'as many as fit').toEqual([1, 2])
    expect(startsAfter(3), 'one more').toEqual([2, 3])
    expect(startsAfter(4), 'there is room again').toEqual([2, 3, 4])
  })

  test('writes no row of plays where none has ended', () => {
    const sql = memorySql()
    storeOf(sql).add([finished(1)])
    expect(sql.all('SELECT n FROM play')).toEqual([])
  })

  test('goes on after a restart where it ended', () => {
    const sql = memorySql()
    expect(storeOf(sql).last()).toBeUndefined()
    storeOf(sql).add([finished(60, [], [play(1)]), finished(61, [], [play(2)])])
    expect(storeOf(sql).last()).toEqual({ untilMs: 61 * 60_000, open: [play(2)] })
    storeOf(sql).addHours([rowOf(1)])
    const after = storeOf(sql)
    after.add([finished(120)])
    expect([...after.notRolled()].map(({ bucket }) => bucket)).toEqual([120])
    expect(all(after.minutes('all', 0, 999))).toHaveLength(3)
  })

  test('forgets the plays that are too old, as others come', () => {
    const store = storeOf()
    const { playsMs } = historyLimits
    store.add([finished(1, [play(10)])])
    store.add([finished(2, [play(playsMs + 10)])])
    expect(all(store.plays(0, 99))).toHaveLength(1)
    store.add([finished(3, [play(playsMs + 11)])])
    expect(all(store.plays(0, 99))).toEqual([])
    expect(all(store.plays(0, 2 * playsMs))).toHaveLength(2)
  })

  test('forgets them by the newest of those that have ended', () => {
    const store = storeOf()
    const { playsMs } = historyLimits
    store.add([finished(1, [play(10)])])
    store.add([finished(2, [play(playsMs + 11), play(12)])])
    expect(all(store.plays(0, 99)).map(({ startMs }) => startMs)).toEqual([12])
  })

  test('is as before where a write fails', () => {
    const sql = memorySql()
    let isFull = false
    const store = storeOf({
      ...sql,
      all(query, ...params) {
        if (isFull && /^INSERT/.test(query) && /state|hour/.test(query)) throw new Error('disk is full')
        return sql.all(query, ...params)
      },
    })
    isFull = true
    expect(() => store.add([finished(60, [play(1)])])).toThrow('disk is full')
    expect(() => store.addHours([rowOf(1)])).toThrow('disk is full')
    isFull = false
    store.add([finished(60, [play(1)])])
    store.addHours([rowOf(1)])
    expect(sql.all<{ n: number }>('SELECT n FROM history_minute')).toEqual([{ n: 0 }])
    expect(sql.all<{ n: number; rolled: number }>('SELECT n, rolled FROM history_hour')).toEqual([
      { n: 0, rolled: 0 },
    ])
    expect(all(store.plays(0, 99))).toHaveLength(1)
  })

  test('leaves out rows that cannot be read', () => {
    const sql = memorySql()
    const store = storeOf(sql)
    store.add([finished(60, [play(1)], [play(2)]), finished(61), finished(62)])
    sql.all("UPDATE history_minute SET total = '[1' WHERE bucket = 61")
    sql.all("UPDATE play SET body = '{}'")
    sql.all("UPDATE history_state SET open = '7'")
    expect(seconds(store.minutes('all', 0, 99))).toEqual([
      [60, 60],
      [62, 62],
    ])
    expect([...store.notRolled()].map(({ bucket }) => bucket)).toEqual([60, 62])
    expect([all(store.plays(0, 99)), store.last()]).toEqual([[], undefined])
    // a name that no program has written is read as it is
    sql.all(`UPDATE history_minute SET mounts = '{"/%zz":[7]}' WHERE bucket = 60`)
    const [row] = store.notRolled()
    expect([...(row?.mounts ?? [])]).toEqual([['/%zz', { ...noNumbers, seconds: 7 }]])
  })
})
