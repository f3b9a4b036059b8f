import { expect, test } from 'vitest'
import { History } from '../../../shared/history/history.ts'
import { MemoryHistory } from '../../../shared/history/memory-store.ts'
import { type HistoryRow, RollUp } from '../../../shared/history/rows.ts'
import { noNumbers } from '../../../shared/history/series.ts'
import { reportOf } from '../../kit/parts/reports.ts'

// An hour of very many servers, added up while listeners are redirected.

const series = new Map(Array.from({ length: 1000 }, (_, i) => [`s${i}`, { ...noNumbers, joins: i % 7 }]))
const minutes: HistoryRow[] = Array.from({ length: 60 }, (_, bucket) => ({
  bucket,
  span: 60,
  total: { ...noNumbers, joins: 5 },
  mounts: series,
  servers: series,
}))

/** A store that holds an hour, and counts the minutes that are read of it. */
class FullHour extends MemoryHistory {
  reads = 0
  fails = false
  hour: readonly HistoryRow[] = []

  override *notRolled() {
    for (const minute of minutes) {
      this.reads++
      if (this.fails && this.reads === 5) throw new Error('disk is full')
      yield minute
    }
  }
  override firstNotRolled() {
    return 0
  }
  override addHours(hours: readonly HistoryRow[]) {
    this.hour = hours
  }
}

/** A history that begins as the hour is over, and has a minute of the next to write. */
function begun() {
  const store = new FullHour()
  const history = new History({ wallMs: (nowMs) => nowMs, about: () => undefined }, store, [], 3_600_000)
  const report = reportOf('s1', { listeners: 5 })
  history.report({ report, untilMs: 4e6, mounts: report.mounts }, 3_600_000)
  expect(history.advance(3_660_000)).toBe(true)
  return { store, history }
}
const all = new RollUp()
for (const minute of minutes) all.add(minute)

test('is read two minutes at a time, and written once it is whole', () => {
  const { store, history } = begun()
  const reads: number[] = []
  while (history.advance(3_660_000)) {
    const before = store.reads
    history.flush()
    reads.push(store.reads - before)
  }
  expect(Math.max(...reads)).toBe(2)
  expect(store.reads).toBe(60)
  expect(store.hour).toEqual(all.hours)
  expect(store.hour[0]?.servers.get('s6')?.joins).toBe(360)
})

test('is written at once where the program stops', () => {
  const { store, history } = begun()
  history.flush()
  history.flush(true)
  expect(store.hour).toEqual(all.hours)
  expect(history.advance(3_660_000)).toBe(false)
})

test('is read from its begin again after the store has failed', () => {
  const { store, history } = begun()
  store.fails = true
  history.flush()
  history.flush()
  expect(() => history.flush()).toThrow('disk is full')
  store.fails = false
  for (let i = 0; history.advance(3_660_000) && i < 100; i++) history.flush()
  expect(store.hour).toEqual(all.hours)
})
