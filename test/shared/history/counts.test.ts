import { describe, expect, test } from 'vitest'
import { CountryWindow } from '../../../shared/history/country-window.ts'
import { answerKinds, Counts } from '../../../shared/history/counts.ts'
import { joinsSince, mountJoinsSince } from '../../../shared/history/joins.ts'
import { LastMinute } from '../../../shared/history/last-minute.ts'
import { historyLimits } from '../../../shared/history/limits.ts'
import { Resampler } from '../../../shared/history/resample.ts'
import { noNumbers } from '../../../shared/history/series.ts'
import { mountOf, mountReport, reportOf } from '../../kit/parts/reports.ts'

describe('the last minute', () => {
  test('counts by name what came within it, in slots of 5 s', () => {
    const minute = new LastMinute()
    minute.add('a', 1, 100_000)
    minute.add('a', 2, 104_999)
    minute.add('a', 4, 105_000)
    minute.add('b', 8, 105_000)
    expect([minute.of('a', 105_000), minute.of('b', 105_000), minute.of('c', 105_000)]).toEqual([7, 8, 0])
    expect(minute.of('a', 159_999)).toBe(7)
    expect(minute.of('a', 160_000)).toBe(4)
    expect(minute.of('a', 165_000)).toBe(0)
  })

  test('goes on in the same slots a minute later, without what was in them', () => {
    const minute = new LastMinute()
    for (let ms = 0; ms < 150_000; ms += 5000) minute.add('a', 1, ms)
    expect(minute.of('a', 149_999)).toBe(12)
    expect(minute.of('a', 170_000)).toBe(7)
    expect(minute.of('a', 400_000)).toBe(0)
  })

  test('starts again if the clock steps back', () => {
    const minute = new LastMinute()
    minute.add('a', 3, 100_000)
    minute.add('a', 1, 90_000)
    expect(minute.of('a', 90_000)).toBe(1)
  })
})

describe('redirects by country', () => {
  const { countriesMs, countriesMax } = historyLimits

  test('are those of this half an hour and of the one before', () => {
    const window = new CountryWindow()
    window.add('/a', 'DE', 1, 0)
    window.add('/a', 'DE', 2, countriesMs - 1)
    window.add('/a', 'FR', 4, countriesMs)
    window.add('/b', 'DE', 8, countriesMs)
    expect(window.all(2 * countriesMs - 1)).toEqual({ '/a': { DE: 3, FR: 4 }, '/b': { DE: 8 } })
    window.add('/a', 'FR', 1, 2 * countriesMs)
    expect(window.all(2 * countriesMs)).toEqual({ '/a': { FR: 5 }, '/b': { DE: 8 } })
    expect(window.all(4 * countriesMs)).toEqual({})
  })

  test('of more countries and mounts than fit are counted where they are known already', () => {
    const window = new CountryWindow()
    for (let i = 0; i <= countriesMax; i++) window.add('/a', `${i}`, 1, 0)
    window.add('/a', '0', 1, 0)
    const { '/a': counts = {} } = window.all(0)
    expect(Object.keys(counts)).toHaveLength(countriesMax)
    expect([counts['0'], counts[countriesMax - 1], counts[countriesMax]]).toEqual([2, 1, undefined])
    window.add('/b', 'DE', 1, countriesMs)
    expect(window.all(countriesMs)['/b']).toEqual({ DE: 1 })
  })

  test('take room once, however often they are counted', () => {
    const window = new CountryWindow()
    for (let i = 0; i <= countriesMax; i++) window.add('/a', 'DE', 1, 0)
    window.add('/b', 'FR', 1, 0)
    expect(window.all(0)).toEqual({ '/a': { DE: countriesMax + 1 }, '/b': { FR: 1 } })
  })
})

test('send-backs count if their server is known, countries only of redirects, and joins by server', () => {
  const counts = new Counts()
  const mount = mountOf('/live.mp3')
  counts.add({ answer: 'redirect', mount, country: 'DE', sentBackBy: 'a', n: 2 }, 0, true)
  counts.add({ answer: 'no_room', mount, country: 'DE', sentBackBy: 'b', n: 1 }, 0, false)
  counts.add({ answer: 'redirect', mount, n: 1 }, 0, true)
  counts.joined('a', 3, 0)
  counts.joined('a', 2, 0)
  counts.joined('b', 0, 0)
  counts.reported(200)
  counts.reported(200)
  expect(counts.totals).toEqual({
    answers: { ...counts.answers, redirect: 3, no_room: 1, relay: 0 },
    sendBacks: { a: 2 },
    joins: { a: 5 },
    reports: { 200: 2 },
  })
  expect(counts.countries.all(0)).toEqual({ [mount]: { DE: 2 } })
  expect(
    (['redirect', 'no_room', 'sent back', 'joins', 'joins a', 'joins b'] as const).map((name) =>
      counts.lastMinute(name, 0),
    ),
  ).toEqual([3, 1, 2, 5, 5, 0])
  counts.forget('a')
  expect([counts.totals.sendBacks, counts.totals.joins]).toEqual([{}, {}])
})

describe('joins between two reports', () => {
  const report = (joins: number | undefined, boot = 'x') => reportOf('a', { joins, boot })

  test('are the difference of the counters, or all where a counter began again', () => {
    expect(joinsSince(report(10), report(14))).toBe(4)
    expect(joinsSince(report(10), report(10))).toBe(0)
    expect(joinsSince(report(10), report(3))).toBe(3)
    expect(joinsSince(report(10), report(14, 'y'))).toBe(14)
  })

  test('are none where one of the reports does not count them', () => {
    expect(joinsSince(undefined, report(5))).toBe(0)
    expect(joinsSince(report(undefined), report(5))).toBe(0)
    expect(joinsSince(report(5), report(undefined))).toBe(0)
  })

  test('of mounts begin again with the mount, too, and are told only of those that have any', () => {
    const mounts = (a: number, b: number) => [
      mountReport('/a.mp3', { joins: a }),
      mountReport('/b.mp3', { joins: b }),
    ]
    const before = reportOf('a', { boot: 'x', mounts: mounts(5, 7) })
    const since = (boot: string, a: number, b: number) =>
      mountJoinsSince(before, reportOf('a', { boot }), mounts(a, b))
    expect(since('x', 5, 9)).toEqual([['/b.mp3', 2]])
    expect(since('x', 2, 7)).toEqual([['/a.mp3', 2]])
    expect(since('y', 5, 0)).toEqual([['/a.mp3', 5]])
    expect(mountJoinsSince(undefined, reportOf('a', {}), mounts(5, 7))).toEqual([])
    const busier = mounts(5, 7).map((mount) => ({ ...mount, listeners: 3 }))
    expect(mountJoinsSince(before, reportOf('a', { boot: 'x' }), busier)).toEqual([])
  })
})

test('rows are added up into steps, whatever their order', () => {
  const row = (bucket: number, span: number, joins: number) => ({
    bucket,
    span,
    numbers: { ...noNumbers, joins },
  })
  const resampler = new Resampler(60, 180)
  resampler.add([row(5, 60, 1), row(0, 60, 2)])
  resampler.add([row(2, 30, 4), row(3, 60, 8)])
  expect(resampler.steps).toEqual([
    { at: 0, span: 90, numbers: { ...noNumbers, joins: 6 } },
    { at: 180, span: 120, numbers: { ...noNumbers, joins: 9 } },
  ])
})

test('every kind of answer is counted, and named in metrics by one word', () => {
  expect(Object.keys(new Counts().answers)).toEqual([...answerKinds])
  for (const kind of answerKinds) expect(kind).toMatch(/^[a-z_]+$/)
})

test('docs/api.md#get-apihistory: two days of minutes are read, and there is room for more rows than these', () => {
  const { minutesMs, minutesMax } = historyLimits
  expect(minutesMs).toBe(2 * 86_400_000)
  expect(minutesMax).toBeGreaterThan(minutesMs / 60_000)
})
