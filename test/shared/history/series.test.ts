import { describe, expect, test } from 'vitest'
import { RollUp } from '../../../shared/history/rows.ts'
import { added, noNumbers, Series } from '../../../shared/history/series.ts'

describe('a series', () => {
  test('adds up what listeners listened to and what was sent, row by row', () => {
    const series = new Series(1000)
    series.change(3, 300, 1000)
    expect(series.rowAt(3000)).toEqual({ seconds: 6, peak: 3, joins: 0, refused: 0, kbit: 600 })
    series.change(-1, -100, 3000)
    series.joins = 4
    series.refused = 5
    expect(series.endRow(5000)).toEqual({ seconds: 10, peak: 3, joins: 4, refused: 5, kbit: 1000 })
    expect(series.rowAt(5000)).toEqual({ seconds: 0, peak: 2, joins: 0, refused: 0, kbit: 0 })
    expect(series.rowAt(6000)).toEqual({ seconds: 2, peak: 2, joins: 0, refused: 0, kbit: 200 })
  })

  test('corrects what is already behind by a change that comes late', () => {
    const series = new Series(0)
    series.change(2, 20, 0)
    expect(series.secondsAt(10_000)).toBe(20)
    series.change(-2, -20, 4000)
    expect(series.rowAt(10_000)).toMatchObject({ seconds: 8, kbit: 80 })
    // and a row has never less than nothing
    series.endRow(10_000)
    series.change(-1, -1, 9000)
    expect(series.rowAt(10_000)).toMatchObject({ seconds: 0, kbit: 0 })
  })

  test('knows the peak of a play apart from that of its row, and when it is idle', () => {
    const series = new Series(0)
    series.change(5, 0, 0)
    series.change(-3, 0, 1000)
    series.startPlay()
    expect([series.playPeak, series.rowAt(1000).peak]).toEqual([2, 5])
    series.change(1, 0, 2000)
    expect([series.playPeak, series.listeners, series.isIdle]).toEqual([3, 3, false])
    series.change(-3, 8, 3000)
    expect([series.playPeak, series.isIdle]).toEqual([3, false])
    series.change(0, -8, 4000)
    expect(series.isIdle).toBe(true)
  })
})

test('an hour is the sum of its minutes, by series, with the highest peak', () => {
  const numbers = (seconds: number, peak: number) => ({ seconds, peak, joins: 1, refused: 2, kbit: seconds })
  const minute = (bucket: number, seconds: number, peak: number, mount: string) => ({
    bucket,
    span: 60,
    total: numbers(seconds, peak),
    mounts: new Map([[mount, numbers(seconds, peak)]]),
    servers: new Map([['a', numbers(seconds, peak)]]),
  })
  const sums = new RollUp()
  for (const each of [
    minute(119, 5, 9, '/a'),
    minute(60, 3, 2, '/a'),
    minute(61, 4, 7, '/b'),
    minute(120, 1, 1, '/a'),
  ])
    sums.add(each)
  expect(sums.hours.map(({ bucket, span, total }) => [bucket, span, total.seconds, total.peak])).toEqual([
    [1, 180, 12, 9],
    [2, 60, 1, 1],
  ])
  const [first] = sums.hours
  expect([...(first?.mounts ?? [])].map(([name, { seconds, peak }]) => [name, seconds, peak])).toEqual([
    ['/a', 8, 9],
    ['/b', 4, 7],
  ])
  expect(first?.servers.get('a')).toEqual({ seconds: 12, peak: 9, joins: 3, refused: 6, kbit: 12 })
  expect(added(noNumbers, numbers(1, 1))).toEqual(numbers(1, 1))
})
