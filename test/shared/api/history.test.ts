import { describe, expect, test } from 'vitest'
import { historyOf, playsOf } from '../../../shared/api/history.ts'
import { ServerTable } from '../../../shared/cluster/server-table.ts'
import { History } from '../../../shared/history/history.ts'
import { MemoryHistory } from '../../../shared/history/memory-store.ts'
import type { Play } from '../../../shared/history/play-log.ts'
import type { AboutMount } from '../../../shared/report/about-mount.ts'
import { live } from '../../kit/draws.ts'
import { mountReport, reportOf } from '../../kit/reports.ts'
import { memorySql } from '../../kit/sqlite.ts'

const startMs = 600 * 60_000

/** A history whose master says titles, and a store that does something as it is read. */
function played(meanwhile: (history: History) => void = () => {}) {
  let about: AboutMount | undefined
  class ReadSlowly extends MemoryHistory {
    override *plays(fromMs: number, toMs: number): Iterable<Play[]> {
      meanwhile(history)
      yield* super.plays(fromMs, toMs)
    }
  }
  const history = new History({ wallMs: (nowMs) => nowMs, about: () => about }, new ReadSlowly(), [], startMs)
  const title = (name: string, atS: number) => {
    about = { title: name }
    const report = reportOf('m', { role: 'master', mounts: [mountReport('/live.mp3', { about })] })
    history.report({ report, untilMs: 1e12, mounts: report.mounts }, startMs + atS * 1000)
  }
  title('One', 0)
  title('Two', 50)
  const plays = async (atS: number) => {
    const nowMs = startMs + atS * 1000
    const all = await playsOf(history, { mount: live, from: 0, to: nowMs / 1000 + 1 }, nowMs)
    return all?.map((play) => [play.title, play.seconds, play.playing])
  }
  return { history, title, plays }
}

describe('what was played', () => {
  test('is known at each moment, also as a minute has just ended and nothing is written yet', async () => {
    for (const atS of [59, 60, 61]) {
      const { plays } = played()
      expect(await plays(atS), `after ${atS} s`).toEqual([
        ['One', 50, false],
        ['Two', atS - 50, true],
      ])
    }
  })

  test('is told once, though it is written while it is read', async () => {
    const { history, plays, title } = played((history) => history.flush())
    title('Three', 70)
    expect(history.advance(startMs + 90_000)).toBe(true)
    expect(await plays(95)).toEqual([
      ['One', 50, false],
      ['Two', 20, false],
      ['Three', 25, true],
    ])
  })
})

/** A history with two listeners from its begin on, in a database. */
function listened() {
  const deps = { wallMs: (nowMs: number) => nowMs, about: () => undefined }
  const history = new History(deps, new ServerTable(memorySql()).history, [], startMs)
  const report = reportOf('a', { listeners: 2 })
  history.report({ report, untilMs: 1e12, mounts: report.mounts }, startMs)
  /** the seconds that were listened in each step, as far as an answer has them */
  const seconds = async (step: number, atS: number) => {
    const from = startMs / 1000
    const query = { mount: undefined, server: undefined, from, to: from + atS, step }
    const rows = await historyOf(history, query, startMs + atS * 1000)
    return rows.map(({ at, listeningHours }) => [
      Date.parse(at) / 1000 - from,
      Math.round(listeningHours * 3600),
    ])
  }
  /** minutes that end, and are written or not */
  const pass = (from: number, to: number, isWritten: boolean) => {
    for (let minute = from; minute <= to; minute++) {
      history.advance(startMs + minute * 60_000)
      if (isWritten) history.flush(true)
    }
  }
  return { history, seconds, pass }
}

describe('a history', () => {
  test.each([
    [59, [[0, 118]]],
    [60, [[0, 120]]],
    [
      61,
      [
        [0, 120],
        [60, 2],
      ],
    ],
  ])('has all minutes after %i s, also one that has just ended and is not written yet', async (atS, rows) => {
    expect(await listened().seconds(60, atS)).toEqual(rows)
  })

  test('has the minutes that a store could not be given, by minutes and by hours', async () => {
    const { seconds, pass } = listened()
    pass(1, 70, true)
    pass(71, 125, false)
    expect(await seconds(3600, 125 * 60 + 30)).toEqual([
      [0, 7200],
      [3600, 7200],
      [7200, 660],
    ])
    expect((await seconds(60, 125 * 60 + 30)).map(([, listened]) => listened)).toEqual([
      ...Array.from({ length: 125 }, () => 120),
      60,
    ])
  })

  test.each([60, 3600])(
    'has each minute once in steps of %i s, though some are written while it is read',
    async (step) => {
      const { history, seconds, pass } = listened()
      pass(1, 119, true)
      pass(120, 125, false)
      const answer = seconds(step, 125 * 60)
      history.flush(true)
      const listenedS = (await answer).reduce((sum, [, listened = 0]) => sum + listened, 0)
      expect(listenedS).toBe(125 * 120)
    },
  )
})
