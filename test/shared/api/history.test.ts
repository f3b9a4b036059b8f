import { describe, expect, test } from 'vitest'
import { historyOf, playsOf } from '../../../shared/api/history.ts'
import type { HistoryQuery } from '../../../shared/api/history-query.ts'
import { ServerTable } from '../../../shared/cluster/server-table.ts'
import { History } from '../../../shared/history/history.ts'
import { historyLimits } from '../../../shared/history/limits.ts'
import { MemoryHistory } from '../../../shared/history/memory-store.ts'
import type { Play } from '../../../shared/history/play-log.ts'
import { noNumbers } from '../../../shared/history/series.ts'
import type { AboutMount } from '../../../shared/report/about-mount.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { live } from '../../kit/parts/draws.ts'
import { mountOf, mountReport, reportOf } from '../../kit/parts/reports.ts'

const startMs = 600 * 60_000

/** A history whose master says titles, and a store that does something as it is read. */
function played(
  meanwhile: (history: History, title: (name: string, atS: number) => void) => void = () => {},
) {
  let about: AboutMount | undefined
  class ReadSlowly extends MemoryHistory {
    override *plays(fromMs: number, toMs: number): Iterable<Play[]> {
      meanwhile(history, title)
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

  const play = (path: string, startMs: number, over: Partial<Play> = {}): Play => ({
    mount: mountOf(path),
    artist: undefined,
    title: undefined,
    startMs,
    seconds: 10,
    listenersAtStart: 3,
    peak: 7,
    listeningSeconds: 45,
    ...over,
  })

  /** Those of a store with these plays, and of these that it has not got yet, that are asked for. */
  const told = (
    stored: Play[],
    query: { mount?: string; from?: number; to?: number },
    nowMs = 1e9,
    recent: { ended: Play[]; open: Play[] } = { ended: [], open: [] },
  ) => {
    const store = new MemoryHistory()
    store.plays = () => (stored.length === 0 ? [] : [[], stored])
    const history = new History({ wallMs: () => nowMs, about: () => undefined }, store, [], nowMs)
    history.recentPlays = () => recent
    const { mount, from = 0, to = nowMs / 1000 } = query
    return playsOf(history, { mount: mount === undefined ? undefined : mountOf(mount), from, to }, nowMs)
  }

  test('has the time, the listeners and the hours that they listened', async () => {
    const about = { artist: 'A', title: 'T', seconds: 1800.26, listeningSeconds: 9000 }
    expect(await told([play('/a', 1000, about), play('/b', 2000, { seconds: 0 })], {})).toEqual([
      {
        mount: '/a',
        artist: 'A',
        title: 'T',
        start: '1970-01-01T00:00:01.000Z',
        seconds: 1800.3,
        listenersAtStart: 3,
        listenersMean: 5,
        listenersPeak: 7,
        listeningHours: 2.5,
        playing: false,
      },
      expect.objectContaining({ mount: '/b', artist: null, title: null, seconds: 0, listenersMean: 3 }),
    ])
  })

  test('is told oldest first, and by mount where two began at once', async () => {
    const plays = [play('/c', 2), play('/b', 2), play('/d', 2), play('/a', 3), play('/z', 1)]
    expect((await told(plays, {}))?.map(({ mount }) => mount)).toEqual(['/z', '/b', '/c', '/d', '/a'])
  })

  test('is told of one mount alone', async () => {
    const plays = [play('/a', 1), play('/b', 2)]
    expect((await told(plays, { mount: '/b' }))?.map(({ mount }) => mount)).toEqual(['/b'])
  })

  test('is not told at all where it is more than one answer holds, however much more', async () => {
    const max = historyLimits.playsAnsweredMax
    const one = play('/a', 1)
    const many = Array.from({ length: max + 1 }, () => one)
    const [ended, open] = [many.slice(0, max - 1), [one]]
    expect(await told(many, {})).toBeUndefined()
    expect(await told([], {}, 1e9, { ended: many, open: [] }), 'not stored yet').toBeUndefined()
    expect(await told([], {}, 1e9, { ended: [...ended, one], open }), 'one of them under way').toBeUndefined()
    expect(await told([one], {}, 1e9, { ended, open }), 'one of them stored').toBeUndefined()
    expect(await told(many, { mount: '/b' }, 1e9, { ended: many, open })).toEqual([])
  })

  test('fails neither where it is more than one call takes', async () => {
    const one = play('/a', 1)
    const all = Array.from({ length: 130_000 }, () => one)
    expect(await told(all, {})).toBeUndefined()
    expect(await told([], {}, 1e9, { ended: all, open: [] })).toBeUndefined()
  })

  test('is told though another title came and went in the millisecond in which it began', async () => {
    const [blip, real] = [play('/a', 5, { title: 'A', seconds: 0 }), play('/a', 5, { title: 'B' })]
    const plays = await told([blip, play('/a', 1)], {}, 1e9, { ended: [play('/a', 1)], open: [real] })
    expect(plays?.map(({ title, playing }) => [title, playing]).toSorted()).toEqual([
      [null, false],
      ['A', false],
      ['B', true],
    ])
  })

  test('belongs to the time in which it began, and what plays now to each that reaches until now', async () => {
    const { history, title } = played()
    title('Three', 70)
    const nowMs = startMs + 95_000
    const told = async (from: number, to: number, mount = live, atMs = nowMs) => {
      const query = { mount, from: startMs / 1000 + from, to: startMs / 1000 + to }
      return (await playsOf(history, query, atMs))?.map((play) => play.title)
    }
    expect(await told(60, 70, live, startMs + 70_500), 'until the moment in which Three began').toEqual([])
    // nothing is written yet: One ended in a minute that is over, Two in the running one
    expect(await told(0, 50)).toEqual(['One'])
    expect(await told(0, 51)).toEqual(['One', 'Two'])
    expect(await told(50, 70)).toEqual(['Two'])
    expect(await told(70, 71)).toEqual(['Three'])
    expect(await told(71, 93)).toEqual([])
    expect(await told(71, 94)).toEqual(['Three'])
    expect(await told(94, 200)).toEqual(['Three'])
    expect(await told(0, 200, mountOf('/other'))).toEqual([])
    expect(history.advance(nowMs)).toBe(true)
    history.flush(true)
    expect(await told(0, 200)).toEqual(['One', 'Two', 'Three'])
    expect(await told(1, 60)).toEqual(['Two'])
  })

  test('is told once, though it ends and is written while it is read', async () => {
    const { plays } = played((history, title) => {
      title('Three', 100)
      history.advance(startMs + 130_000)
      history.flush()
    })
    expect(await plays(95)).toEqual([
      ['One', 50, false],
      ['Two', 50, false],
    ])
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

describe('a row', () => {
  const minute = startMs / 60_000
  const ask = (history: History, over: Partial<HistoryQuery>, nowS = 30) => {
    const query = {
      mount: undefined,
      server: undefined,
      from: startMs / 1000,
      to: startMs / 1000 + 60,
      step: 60,
    }
    return historyOf(history, { ...query, ...over }, startMs + nowS * 1000)
  }
  const deps = { wallMs: (nowMs: number) => nowMs, about: () => undefined }

  test('is of everything, of one mount, or of one server', async () => {
    const history = new History(deps, new MemoryHistory(), [], startMs)
    const report = (id: string, listeners: number, bandwidth: number, path: string, joins: number) => {
      const mounts = [mountReport(path, { listeners, joins, kbps: 64 })]
      const report = reportOf(id, { listeners, bandwidth, joins, mounts, boot: 'b' })
      history.report({ report, untilMs: 1e12, mounts }, startMs)
    }
    report('a', 2, 200, '/a', 10)
    report('b', 4, 500, '/b', 20)
    report('b', 4, 500, '/b', 23)
    history.count({ answer: 'no_room', mount: mountOf('/b'), n: 5 }, startMs, false)
    history.count({ answer: 'redirect', sentBackBy: 'a', n: 2 }, startMs, true)
    const at = new Date(startMs).toISOString()
    expect(await ask(history, {})).toEqual([
      { at, listenersMean: 6, listenersPeak: 6, listeningHours: 0.05, joins: 3, refused: 5, bandwidth: 700 },
    ])
    expect(await ask(history, { mount: mountOf('/b') })).toEqual([
      {
        at,
        listenersMean: 4,
        listenersPeak: 4,
        listeningHours: 0.0333,
        joins: 3,
        refused: 5,
        bandwidth: 256,
      },
    ])
    expect(await ask(history, { server: 'a' })).toEqual([
      {
        at,
        listenersMean: 2,
        listenersPeak: 2,
        listeningHours: 0.0167,
        joins: 0,
        refused: 2,
        bandwidth: 200,
      },
    ])
  })

  test.each([60, 1800, 3600, 7200])(
    'of %i s is read by minutes below an hour, and by hours from there on',
    async (step) => {
      const store = new MemoryHistory()
      const row = (bucket: number, seconds: number) => ({
        bucket,
        span: 60,
        total: { ...noNumbers, seconds },
        mounts: new Map(),
        servers: new Map(),
      })
      store.add([{ row: row(minute, 3600), untilMs: 0, ended: [], open: [] }])
      store.addHours([row(minute / 60, 7200)])
      const rows = await ask(new History(deps, store, [], startMs), { step }, 0)
      expect(rows.map(({ listeningHours }) => listeningHours)).toEqual([step < 3600 ? 1 : 2])
    },
  )

  test('is there where the time asked for begins or ends within its minute', async () => {
    const { history, pass } = listened()
    pass(1, 5, true)
    const [from, to] = [startMs / 1000 + 61, startMs / 1000 + 181]
    const rows = await ask(history, { from, to }, 300)
    expect(rows.map(({ at }) => Date.parse(at) - startMs)).toEqual([60_000, 120_000, 180_000])
  })

  test('of a damaged store that spans no time is left out: it has no mean', async () => {
    const store = new MemoryHistory()
    const row = { bucket: minute, span: 0, total: noNumbers, mounts: new Map(), servers: new Map() }
    store.add([{ row, untilMs: 0, ended: [], open: [] }])
    expect(await ask(new History(deps, store, [], startMs), {}, 0)).toEqual([])
  })
})
