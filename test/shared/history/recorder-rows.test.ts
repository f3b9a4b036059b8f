import { describe, expect, test } from 'vitest'
import { History } from '../../../shared/history/history.ts'
import { historyLimits } from '../../../shared/history/limits.ts'
import { MemoryHistory } from '../../../shared/history/memory-store.ts'
import { Recorder, type RecorderDeps, type Reported } from '../../../shared/history/recorder.ts'
import type { LastState } from '../../../shared/history/store.ts'
import type { AboutMount } from '../../../shared/report/about-mount.ts'
import type { Report } from '../../../shared/report/report.ts'
import { live } from '../../kit/parts/draws.ts'
import { earlierPlay } from '../../kit/parts/earlier-play.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

const minute = 60_000
const startMs = 600 * minute
const at = (seconds: number) => startMs + seconds * 1000

/** A recorder that begins with a minute. */
const started = (over: Partial<RecorderDeps> = {}) =>
  new Recorder({ wallMs: (nowMs) => nowMs, about: () => undefined, ...over }, startMs, startMs)

/** A report of one mount with these listeners at 100 kbit/s. */
function reported(listeners: number, over: Partial<Report> = {}, untilMs = at(1e6)): Reported {
  const mounts = [mountReport('/live.mp3', { listeners, kbps: 100 })]
  const report = reportOf('a', { listeners, bandwidth: listeners * 100, mounts, ...over })
  return { report, untilMs, mounts: report.mounts }
}
const master = { role: 'master' } as const

describe('a row', () => {
  test('goes on with the listeners of each server and mount where the one before ended', () => {
    const recorder = started()
    recorder.report(reported(2), at(0))
    recorder.advance(at(60))
    expect(recorder.take()).toHaveLength(1)
    const { mounts, servers } = recorder.running(at(90))
    const expected = { seconds: 60, peak: 2, kbit: 6000 }
    expect([mounts.get(live), servers.get('a')]).toMatchObject([expected, expected])
  })

  test('has the kbit of a mount by its rate, and its listeners where the rate is not known', () => {
    const recorder = started()
    recorder.report(reported(2), at(0))
    const rate = (kbps: number, listeners = 2) => [mountReport('/live.mp3', { listeners, kbps })]
    recorder.report(reported(2, { bandwidth: 400, mounts: rate(200) }), at(10))
    expect(recorder.running(at(20))).toMatchObject({
      total: { seconds: 40, kbit: 2000 + 4000 },
      mounts: new Map([['/live.mp3', { seconds: 40, kbit: 2000 + 4000 }]]),
      servers: new Map([['a', { seconds: 40, kbit: 2000 + 4000 }]]),
    })
    recorder.report(reported(2, { mounts: rate(0) }), at(20))
    recorder.report(reported(5, { mounts: rate(0, 5) }), at(20))
    expect(recorder.running(at(30)).mounts.get(live)).toMatchObject({ seconds: 40 + 50, kbit: 6000 })
  })

  test('leaves out mounts of which there is nothing to tell, and requests that named none', () => {
    const recorder = started({ about: () => ({ title: 'One' }) })
    recorder.report(reported(0, master), at(0))
    recorder.refused(undefined, 3)
    recorder.advance(at(60))
    const [row] = recorder.take()
    expect([row?.open.length, row?.row.mounts.size, row?.row.servers.size]).toEqual([1, 0, 0])
    expect(row?.row.total.refused).toBe(3)
  })

  test('has the mounts with the most listening, where there are more than fit', () => {
    const { seriesMax } = historyLimits
    const mounts = Array.from({ length: seriesMax + 2 }, (_, i) =>
      mountReport(`/m${i}`, { listeners: 1 + ((i * 3) % (seriesMax + 2)), kbps: 0 }),
    )
    const recorder = started()
    recorder.report(reported(1, { mounts }), at(0))
    recorder.advance(at(60))
    const kept = new Set(recorder.take()[0]?.row.mounts.keys())
    const left = mounts.filter(({ mount }) => !kept.has(mount)).map(({ listeners }) => listeners)
    expect([kept.size, left.toSorted()]).toEqual([seriesMax, [1, 2]])
  })

  test('ends with the minute of the wall clock, which may be ahead', () => {
    const recorder = started({ wallMs: (nowMs) => nowMs + 20_000 })
    recorder.report(reported(1), at(0))
    recorder.advance(at(39))
    expect(recorder.take()).toEqual([])
    recorder.advance(at(100))
    expect(recorder.take().map(({ row }) => [row.bucket, row.span])).toEqual([
      [600, 40],
      [601, 60],
    ])
  })

  test('is not written twice where a program stops, and begins and stops at once', () => {
    const recorder = started()
    recorder.report(reported(1), at(0))
    recorder.stop(at(30))
    expect(recorder.take()).toHaveLength(1)
    recorder.stop(at(30))
    expect(recorder.take()).toEqual([])
  })
})

describe('a server', () => {
  test('counts up to its own deadline, whichever of several comes first', () => {
    const recorder = started()
    const ends = { b: 60, a: 20, c: 40, d: 1e6 }
    for (const [id, untilS] of Object.entries(ends)) recorder.report(reported(1, { id }, at(untilS)), at(0))
    const seconds = () => {
      const [row] = recorder.take()
      const all = [...(row?.row.servers ?? [])].map(([id, { seconds }]) => [id, seconds] as const)
      return Object.fromEntries(all.filter(([, seconds]) => seconds !== 0))
    }
    recorder.advance(at(30))
    recorder.advance(at(60))
    expect(seconds()).toEqual({ a: 20, b: 60, c: 40, d: 60 })
    recorder.advance(at(120))
    expect(seconds()).toEqual({ d: 60 })
  })

  test('of which the deadline was over before the program began counts nothing, and again once it reports', () => {
    const recorder = started({ about: () => ({ title: 'One' }) })
    recorder.restore(reported(5, master, startMs - 1))
    const { total, mounts, servers } = recorder.running(at(30))
    expect([total.seconds, total.peak, total.kbit, mounts.size, servers.size]).toEqual([0, 0, 0, 0, 0])
    expect(recorder.playsAt(at(30))).toEqual({ open: [], ended: [] })
    recorder.report(reported(2, master), at(30))
    expect(recorder.running(at(40)).total).toMatchObject({ seconds: 20, peak: 2, kbit: 2000 })
  })

  test('counts up to its deadline by the clock of the program, where that has stepped back', () => {
    const asked: number[] = []
    let aheadMs = 0
    const recorder = started({
      wallMs: (nowMs) => nowMs + aheadMs,
      about: (_, nowMs) => {
        asked.push(nowMs)
        return { title: 'One' }
      },
    })
    recorder.report(reported(2), at(0))
    recorder.advance(at(30))
    aheadMs = 20_000
    recorder.advance(at(10))
    recorder.report(reported(2, master, at(20)), at(10))
    expect(asked).toEqual([at(10)])
    expect(recorder.running(at(25)).total.seconds).toBe(2 * 30 + 2 * 10)
    // one that is over by that clock
    recorder.report(reported(7, { id: 'late' }, at(20)), at(25))
    expect(recorder.running(at(30)).servers.has('late')).toBe(false)
  })
})

describe('a play', () => {
  test('ends where the last master that carried its mount is silent', () => {
    const recorder = started({ about: (_, nowMs) => (nowMs <= at(20) ? { title: 'One' } : undefined) })
    recorder.report(reported(3, master, at(20)), at(0))
    const { open, ended } = recorder.playsAt(at(40))
    expect(open).toEqual([])
    expect(ended.map(({ title, seconds }) => [title, Math.round(seconds)])).toEqual([['One', 20]])
  })

  test('ends where a master leaves its mount out', () => {
    const recorder = started({ about: (_, nowMs) => (nowMs <= at(20) ? { title: 'One' } : undefined) })
    recorder.report(reported(3, master), at(0))
    recorder.report(reported(0, { ...master, mounts: [] }), at(20))
    expect(recorder.playsAt(at(20)).open).toEqual([])
  })

  test('begins with what a master says, not with the report of a slave', () => {
    const set: { about: AboutMount } = { about: { title: 'One' } }
    const recorder = started({ about: () => set.about })
    recorder.report(reported(3, { ...master, id: 'm' }), at(0))
    set.about = { title: 'Two' }
    recorder.report(reported(3, { id: 's' }), at(10))
    expect(recorder.playsAt(at(20)).open.map(({ title }) => title)).toEqual(['One'])
  })

  test('has the listening of all its minutes, those too in which nobody listened', () => {
    const recorder = started({ about: () => ({ title: 'One' }) })
    recorder.report(reported(0, master), at(0))
    recorder.advance(at(60))
    recorder.report(reported(4, master), at(90))
    recorder.advance(at(120))
    expect(recorder.playsAt(at(130)).open).toMatchObject([{ seconds: 130, listeningSeconds: 160, peak: 4 }])
  })
})

describe('a history', () => {
  class StoredHistory extends MemoryHistory {
    hoursWritten: number[][] = []
    state: LastState | undefined
    override last(): LastState | undefined {
      return this.state
    }
    override addHours(hours: Parameters<MemoryHistory['addHours']>[0]): void {
      this.hoursWritten.push(hours.map(({ bucket }) => bucket))
      super.addHours(hours)
    }
  }
  const begun = (store: StoredHistory, nowMs: number, about?: AboutMount) => {
    const history = new History({ wallMs: (ms) => ms, about: () => about }, store, [reported(1)], nowMs)
    return (untilMs: number) => {
      if (history.advance(untilMs)) history.flush()
      return history
    }
  }

  test('writes an hour once it is over, whether it was one program that counted it or two', () => {
    const store = new StoredHistory()
    begun(store, at(0))(at(180))
    const advance = begun(store, at(240))
    for (let m = 5; m < 60; m++) advance(at(m * 60))
    expect([store.hoursWritten, store.firstNotRolled()]).toEqual([[], 600])
    advance(at(3600))
    expect(store.hoursWritten, 'the next has no minute yet').toEqual([])
    advance(at(3660))
    expect([store.hoursWritten, store.firstNotRolled()]).toEqual([[[10]], 660])
  })

  test('writes an hour that is over before the minutes of the next', () => {
    const store = new StoredHistory()
    begun(store, at(58 * 60))(at(62 * 60))
    expect([store.hoursWritten, store.firstNotRolled()]).toEqual([[[10]], 660])
    expect([...store.hours('all', 0, 99)].flat().map(({ bucket, span }) => [bucket, span])).toEqual([
      [10, 120],
      [11, 60],
      [11, 60],
    ])
  })

  test('has no row of a minute that has just begun', () => {
    const history = begun(new StoredHistory(), at(0))(at(0))
    expect([...history.minutes('all', 0, 9999, at(0))].flat()).toEqual([])
  })

  test('has the plays of its store', () => {
    const store = new StoredHistory()
    const stored = { bucket: 1, span: 60, mounts: new Map(), servers: new Map() }
    const total = { seconds: 0, peak: 0, joins: 0, refused: 0, kbit: 0 }
    store.add([{ row: { ...stored, total }, untilMs: 0, ended: [earlierPlay], open: [] }])
    expect([...begun(store, at(0))(at(0)).plays(0, 10)].flat()).toEqual([earlierPlay])
  })

  test('goes on with the plays that were under way, where it was away for a while, and no longer', () => {
    const openAfter = (pausedMs: number) => {
      const store = new StoredHistory()
      store.state = { untilMs: startMs - pausedMs, open: [earlierPlay] }
      const { open, ended } = begun(store, startMs, { title: 'One' })(startMs).recentPlays(startMs)
      return [open.length, ended.length]
    }
    expect([openAfter(0), openAfter(3 * 3_600_000)]).toEqual([
      [1, 0],
      [1, 0],
    ])
    expect([openAfter(-1), openAfter(3 * 3_600_000 + 1)]).toEqual([
      [0, 1],
      [0, 1],
    ])
  })
})
