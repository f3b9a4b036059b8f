import { expect, test } from 'vitest'
import { historyOf, playsOf } from '../../../../shared/api/history.ts'
import type { HistoryQuery } from '../../../../shared/api/history-query.ts'
import { Registry } from '../../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../../shared/cluster/server-table.ts'
import { printSourcelist } from '../../../../shared/report/sourcelist.ts'
import { memorySql } from '../../../kit/base/sqlite.ts'
import { dayMs, dayStartMs, madeUpDay, slaves } from '../../../kit/parts/made-up-day.ts'
import { mountOf } from '../../../kit/parts/reports.ts'

/** Lets a day pass at an edge with a store; the edge that answers questions at its end. */
function live(day: ReturnType<typeof madeUpDay>) {
  const sql = memorySql()
  const open = (atMs: number) => new Registry(new ServerTable(sql), 100, dayStartMs + atMs)
  let registry = open(0)
  let lastMs = 0
  for (const { atMs, report, restart } of day.happenings) {
    if (restart === 'stopped') registry.stop(dayStartMs + lastMs)
    if (restart) registry = open(atMs)
    if (report) registry.put(report, printSourcelist(report), dayStartMs + atMs)
    lastMs = atMs
  }
  registry.sweep(dayStartMs + dayMs)
  return { registry, sql }
}

const day = madeUpDay()
const { registry, sql } = live(day)
const endMs = dayStartMs + dayMs

const sumOf = async (over: Partial<HistoryQuery>, fromMs = 0, toMs = dayMs) => {
  const from = (dayStartMs + fromMs) / 1000
  const query = {
    mount: undefined,
    server: undefined,
    from,
    to: (dayStartMs + toMs) / 1000,
    step: 60,
    ...over,
  }
  const rows = await historyOf(registry.history, query, endMs)
  return {
    hours: rows.reduce((sum, { listeningHours }) => sum + listeningHours, 0),
    joins: rows.reduce((sum, { joins }) => sum + joins, 0),
    rows,
  }
}
/** how far a number is from the truth, in percent of it */
const offBy = (told: number, truth: number) => (Math.abs(told - truth) / truth) * 100

test('listening hours of a day with a silent server and two restarts are within 0.5 % of the truth', async () => {
  const off: Record<string, number> = {}
  const note = (name: string, told: number, truth: number) => {
    expect(truth).toBeGreaterThan(100)
    off[name] = offBy(told, truth)
  }
  for (const step of [60, 3600])
    note(
      `all by ${step} s`,
      (await sumOf({ step })).hours,
      day.hoursOf(() => true),
    )
  for (const name of ['/music.mp3', '/talk.mp3', '/never.mp3']) {
    const truth = day.hoursOf((_, mount) => mount === name)
    note(name, (await sumOf({ mount: mountOf(name), step: 3600 })).hours, truth)
  }
  for (const server of slaves) {
    const truth = day.hoursOf((id) => id === server)
    note(server, (await sumOf({ server, step: 3600 })).hours, truth)
  }
  console.log(off)
  expect(Object.values(off).filter((percent) => percent > 0.5)).toEqual([])
})

test('each hour of the day, too, and they are the sums of their minutes', async () => {
  const hours = (await sumOf({ step: 3600 })).rows
  expect(hours).toHaveLength(24)
  for (const [i, { listeningHours }] of hours.entries()) {
    const [fromMs, toMs] = [i * 3_600_000, (i + 1) * 3_600_000]
    expect(
      offBy(
        listeningHours,
        day.hoursOf(() => true, fromMs, toMs),
      ),
    ).toBeLessThan(1)
    expect((await sumOf({}, fromMs, toMs)).hours).toBeCloseTo(listeningHours, 1)
  }
})

test('joins are the differences of the counters; a killed edge loses those of its last minute at most', async () => {
  const { joins } = await sumOf({})
  expect(joins).toBeLessThanOrEqual(day.joins)
  expect(offBy(joins, day.joins)).toBeLessThan(0.5)
})

test('plays have the start, the length and the listening hours that they truly had', async () => {
  const query = { mount: undefined, from: dayStartMs / 1000, to: endMs / 1000 }
  const told = (await playsOf(registry.history, query, endMs)) ?? []
  expect(told).toHaveLength(day.plays.length)
  const truth = new Map(day.plays.map((play) => [`${play.mount} ${play.title}`, play]))
  const sums = { told: 0, true: 0 }
  for (const play of told) {
    const real = truth.get(`${play.mount} ${play.title}`)
    if (!real) throw new Error(`${play.title} was not played`)
    const hours = day.hoursOf((_, mount) => mount === play.mount, real.fromMs, real.toMs)
    sums.told += play.listeningHours
    sums.true += hours
    expect(Date.parse(play.start) - dayStartMs - real.fromMs, play.title ?? '').toBeLessThan(20_001)
    expect(play.listenersPeak).toBeGreaterThanOrEqual(play.listenersAtStart)
    // between two reports of a server its number is that of the first, so a play of seconds may be off by what came since
    if (real.toMs - real.fromMs > 100_000)
      expect(offBy(play.listeningHours, hours), play.title ?? '').toBeLessThan(20)
  }
  expect(offBy(sums.told, sums.true)).toBeLessThan(0.5)
})

test('a title that never changes is one play of the whole day, over both restarts', async () => {
  const query = { mount: mountOf('/never.mp3'), from: dayStartMs / 1000, to: endMs / 1000 }
  const plays = await playsOf(registry.history, query, endMs)
  expect(plays).toMatchObject([{ title: 'never', artist: 'A', playing: true }])
  const [play] = plays ?? []
  expect(offBy(play?.seconds ?? 0, dayMs / 1000)).toBeLessThan(0.5)
  const truth = day.hoursOf((_, mount) => mount === '/never.mp3')
  expect(offBy(play?.listeningHours ?? 0, truth)).toBeLessThan(0.5)
})

test('a title that changes each second is a play each second', async () => {
  const query = { mount: mountOf('/talk.mp3'), from: dayStartMs / 1000, to: endMs / 1000 }
  const plays = (await playsOf(registry.history, query, endMs)) ?? []
  const short = plays.filter(({ seconds }) => seconds < 2)
  expect(short).toHaveLength(599)
  expect(short.every(({ seconds }) => seconds === 1)).toBe(true)
  const isOdd = ({ listenersMean, listenersPeak }: (typeof short)[number]) => listenersMean > listenersPeak
  expect(short.filter(isOdd)).toEqual([])
})

test('a day costs a row a minute and an hour, one for the plays under way, and one for the plays of a minute', () => {
  const count = (table: string) => sql.all<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)[0]?.n ?? 0
  expect(count('history_minute')).toBeLessThan(1445)
  expect(count('history_hour')).toBeLessThan(26)
  expect(count('history_state')).toBe(1)
  expect(count('play')).toBeLessThan(500)
})
