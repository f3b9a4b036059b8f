import { describe, expect, test } from 'vitest'
import { History } from '../../../shared/history/history.ts'
import { historyLimits } from '../../../shared/history/limits.ts'
import { MemoryHistory } from '../../../shared/history/memory-store.ts'
import { type Finished, Recorder } from '../../../shared/history/recorder.ts'
import type { LastState } from '../../../shared/history/store.ts'
import type { AboutMount } from '../../../shared/report/about-mount.ts'
import type { Report } from '../../../shared/report/report.ts'
import { live } from '../../kit/parts/draws.ts'
import { earlierPlay } from '../../kit/parts/earlier-play.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

const minute = 60_000

/** A recorder that begins at a whole minute, with a wall clock that is ahead and words of masters that a test sets. */
function started(startMs = 10 * minute) {
  const set = { aheadMs: 0, about: undefined as AboutMount | undefined }
  const deps = { wallMs: (nowMs: number) => nowMs + set.aheadMs, about: () => set.about }
  const recorder = new Recorder(deps, startMs, startMs)
  const report = (atS: number, listeners: number, over: Partial<Report> = {}, untilS = 1e6) => {
    const mounts = [mountReport('/live.mp3', { listeners, kbps: 100, joins: over.joins ?? 0 })]
    const whole = reportOf('a', { listeners, bandwidth: listeners * 100, mounts, ...over })
    return recorder.report(
      { report: whole, untilMs: startMs + untilS * 1000, mounts: whole.mounts },
      startMs + atS * 1000,
    )
  }
  const at = (atS: number) => startMs + atS * 1000
  return { set, deps, recorder, report, at }
}
const brief = ({ row: { bucket, span, total, mounts, servers } }: Finished) => [
  bucket,
  span,
  total.seconds,
  total.peak,
  mounts.get(live)?.seconds,
  servers.get('a')?.kbit,
]

describe('a row of a minute', () => {
  test('has what was listened to and sent in it, by its end by the wall clock', () => {
    const { recorder, report, at } = started()
    report(0, 3)
    report(30, 5)
    recorder.advance(at(59.999))
    expect(recorder.take()).toEqual([])
    recorder.advance(at(60))
    const [row] = recorder.take()
    expect(row && brief(row)).toEqual([10, 60, 240, 5, 240, 24_000])
    expect(row?.untilMs).toBe(at(60))
    expect(recorder.running(at(90))).toMatchObject({ bucket: 11, span: 30, total: { seconds: 150, peak: 5 } })
    expect(recorder.take()).toEqual([])
  })

  test('counts a server up to its deadline, and not beyond', () => {
    const { recorder, report, at } = started()
    report(0, 3, {}, 20)
    recorder.advance(at(60))
    expect(recorder.take().map(brief)).toEqual([[10, 60, 60, 3, 60, 6000]])
    recorder.advance(at(120))
    expect(recorder.take().map(brief), 'silent, and still known').toEqual([
      [11, 60, 0, 0, undefined, undefined],
    ])
    report(130, 4)
    recorder.advance(at(180))
    expect(recorder.take().map(brief)).toEqual([[12, 60, 200, 4, 200, 20_000]])
  })

  test('is not written while nobody is known', () => {
    const { recorder, report, at } = started()
    recorder.advance(at(180))
    expect(recorder.take()).toEqual([])
    report(180, 1)
    recorder.forget('a')
    recorder.forget('nobody')
    recorder.advance(at(300))
    expect(recorder.take().map(({ row }) => row.bucket)).toEqual([13])
    recorder.refused(live, 2)
    recorder.refused(undefined, 1)
    recorder.sentBack('a', 5)
    recorder.advance(at(360))
    const [row] = recorder.take()
    expect([row?.row.total.refused, row?.row.mounts.get(live)?.refused, row?.row.servers.size]).toEqual([
      3, 2, 0,
    ])
  })

  test('has joins and send-backs of a server, and joins of its mounts', () => {
    const { recorder, report, at } = started()
    expect([
      report(0, 1, { joins: 10 }),
      report(10, 1, { joins: 14 }),
      report(20, 1, { joins: 3, boot: 'x' }),
    ]).toEqual([0, 4, 3])
    recorder.sentBack('a', 2)
    const { total, servers, mounts } = recorder.running(at(30))
    expect([
      total.joins,
      servers.get('a')?.joins,
      servers.get('a')?.refused,
      mounts.get(live)?.joins,
    ]).toEqual([7, 7, 2, 7])
  })

  test('of a long pause are as many as are caught up with, and then one', () => {
    const { recorder, report, at } = started()
    report(0, 1)
    recorder.advance(at(60 * (historyLimits.catchUpMax + 50)))
    const rows = recorder.take()
    expect(rows).toHaveLength(historyLimits.catchUpMax + 1)
    expect(rows.at(-1)?.row.span).toBe(50 * 60)
  })

  test('ends where the wall clock is set by more than a little, and goes on where the own clock steps back', () => {
    const { recorder, report, set, at } = started()
    report(0, 2)
    set.aheadMs = historyLimits.clockJumpMs
    recorder.advance(at(10))
    expect(recorder.take()).toEqual([])
    set.aheadMs = 5 * minute
    recorder.advance(at(20))
    expect(recorder.take().map(brief)).toEqual([[10, 20, 40, 2, 40, 4000]])
    expect(recorder.running(at(30))).toMatchObject({ bucket: 15, span: 10, total: { seconds: 20 } })
    // its own clock goes ten seconds back, and the wall clock does not: time stands, and then goes on
    set.aheadMs += 10_000
    expect(recorder.running(at(20)).span).toBe(10)
    expect(recorder.running(at(25)).span).toBe(15)
  })
})

describe('plays', () => {
  const master = { role: 'master' } as const

  test('begin and end with the titles of masters, as they report them', () => {
    const { recorder, report, set, at } = started()
    set.about = { title: 'One' }
    report(0, 4, master)
    report(10, 4, master)
    set.about = { title: 'Two' }
    // only what a master reports anew is looked at
    report(20, 5, master)
    const { open, ended } = recorder.playsAt(at(30))
    expect(open.map(({ title, seconds, startMs }) => [title, seconds, startMs])).toEqual([
      ['Two', 10, at(20)],
    ])
    expect(ended.map(({ title, seconds, listeningSeconds }) => [title, seconds, listeningSeconds])).toEqual([
      ['One', 20, 80],
    ])
    set.about = undefined
    report(40, 0, { ...master, mounts: [] })
    recorder.advance(at(60))
    const [row] = recorder.take()
    expect([row?.ended.map(({ title }) => title), row?.open]).toEqual([['One', 'Two'], []])
  })

  test('that were under way go on after a restart if the title is the same, and else ended then', () => {
    for (const about of [{ title: 'One' }, { title: 'Two' }, { artist: 'A', title: 'One' }, undefined]) {
      const { recorder, set, at } = started()
      set.about = about
      recorder.resume(earlierPlay)
      const { open, ended } = recorder.playsAt(at(10))
      const goesOn = about?.title === 'One' && !('artist' in about)
      expect([open.length, ended.length, open[0]?.seconds]).toEqual(goesOn ? [1, 0, 17] : [0, 1, undefined])
    }
  })
})

describe('a history', () => {
  const deps = { wallMs: (nowMs: number) => nowMs, about: () => undefined }
  const reported = (listeners: number) => {
    const report = reportOf('a', { listeners })
    return { report, untilMs: 1e12, mounts: report.mounts }
  }
  class StoredHistory extends MemoryHistory {
    state: LastState | undefined
    override last(): LastState | undefined {
      return this.state
    }
  }
  const startMs = 600 * minute
  const sum = (slices: Iterable<{ bucket: number; span: number; numbers: { seconds: number } }[]>) =>
    [...slices].flat().map(({ bucket, span, numbers }) => [bucket, span, numbers.seconds])

  test('has finished minutes and the running one, and hours likewise', () => {
    const history = new History(deps, new StoredHistory(), [reported(2)], startMs)
    expect(history.advance(startMs + 90_000)).toBe(true)
    history.flush()
    expect(history.advance(startMs + 90_000)).toBe(false)
    const nowMs = startMs + 90_000
    expect(sum(history.minutes('all', 0, 999, nowMs))).toEqual([
      [600, 60, 120],
      [601, 30, 60],
    ])
    expect(sum(history.minutes('all', 601, 602, nowMs))).toEqual([[601, 30, 60]])
    expect(sum(history.minutes('all', 600, 601, nowMs))).toEqual([[600, 60, 120]])
    expect(sum(history.hours('all', 10, 11, nowMs))).toEqual([
      [10, 60, 120],
      [10, 30, 60],
    ])
    expect(sum(history.hours('all', 11, 12, nowMs))).toEqual([])
  })

  test('goes on from a stored end of the last hours, and from now on otherwise', () => {
    const spanAfter = (pausedMs: number) => {
      const store = new StoredHistory()
      store.state = { untilMs: startMs - pausedMs, open: [earlierPlay] }
      const history = new History(deps, store, [reported(2)], startMs)
      const { open, ended } = history.recentPlays(startMs)
      expect([open.length, ended.length]).toEqual([0, 1])
      history.stop(startMs + 1000)
      history.flush(true)
      return sum(store.minutes('all', 0, 9999)).reduce((all, [, span = 0]) => all + span, 0)
    }
    expect([spanAfter(0), spanAfter(20_000), spanAfter(3 * 3_600_000)]).toEqual([1, 21, 10_801])
    expect([spanAfter(-1), spanAfter(3 * 3_600_000 + 1)]).toEqual([1, 1])
  })

  test('counts requests that got no server, and those that were sent back', () => {
    const history = new History(deps, new StoredHistory(), [reported(2)], startMs)
    history.count({ answer: 'no_room', mount: live, n: 2 }, startMs, false)
    history.count({ answer: 'redirect', mount: live, sentBackBy: 'a', n: 3 }, startMs, true)
    const nowMs = startMs + 1000
    const refused = (selected: Parameters<History['minutes']>[0]) =>
      [...history.minutes(selected, 0, 9999, nowMs)].flat().map(({ numbers }) => numbers.refused)
    expect([refused('all'), refused({ mount: live }), refused({ server: 'a' })]).toEqual([[2], [2], [3]])
    history.forget('a')
    expect(history.counts.totals.sendBacks).toEqual({})
    expect(history.wallMs(7)).toBe(7)
  })

  test('keeps a bounded number of rows while its store cannot be written', () => {
    const store = new StoredHistory()
    const history = new History(deps, store, [reported(2)], startMs)
    const { catchUpMax, pendingMax } = historyLimits
    const minutes = catchUpMax + pendingMax + 7
    for (let i = 1; i <= minutes; i++) history.advance(startMs + i * minute)
    history.flush(true)
    const buckets = sum(store.minutes('all', 0, 9999)).map(([bucket]) => bucket)
    expect([buckets.length, buckets[0], buckets.at(-1)]).toEqual([
      catchUpMax + pendingMax,
      607,
      600 + minutes - 1,
    ])
  })
})
