import { describe, expect, test } from 'vitest'
import { historyLimits } from '../../../shared/history/limits.ts'
import { PlayLog } from '../../../shared/history/play-log.ts'
import { Series } from '../../../shared/history/series.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const mount = mountOf('/live.mp3')

describe('what is played', () => {
  test('ends with the next title, or with none, and has its listeners', () => {
    const plays = new PlayLog()
    const series = new Series(0)
    series.change(4, 0, 0)
    plays.note(mount, { artist: 'A', title: 'One' }, series, 1000, 500_000.4)
    series.change(2, 0, 2000)
    series.change(-5, 0, 3000)
    plays.note(mount, { artist: 'A', title: 'One' }, series, 4000, 503_000)
    expect(plays.open(5000)).toEqual([
      {
        mount,
        artist: 'A',
        title: 'One',
        startMs: 500_000,
        seconds: 4,
        listenersAtStart: 4,
        peak: 6,
        listeningSeconds: 12,
      },
    ])
    plays.note(mount, { artist: 'B', title: 'One' }, series, 6000, 506_000)
    plays.note(mount, undefined, series, 8000, 508_000)
    expect(
      plays.ended.map(({ artist, seconds, peak, listenersAtStart }) => [
        artist,
        seconds,
        peak,
        listenersAtStart,
      ]),
    ).toEqual([
      ['A', 5, 6, 4],
      ['B', 2, 1, 1],
    ])
    expect([plays.isOpen(mount), plays.open(9000)]).toEqual([false, []])
    expect(plays.takeEnded()).toHaveLength(2)
    expect(plays.ended).toEqual([])
  })

  test('is known by an artist or a title alone', () => {
    const plays = new PlayLog()
    const series = new Series(0)
    plays.note(mount, { artist: 'A' }, series, 0, 0)
    plays.note(mount, { title: 'One' }, series, 1000, 1000)
    expect(plays.isOpen(mount)).toBe(true)
    plays.note(mount, {}, series, 2000, 2000)
    expect(plays.isOpen(mount)).toBe(false)
    expect(plays.ended.map(({ artist, title }) => [artist, title])).toEqual([
      ['A', undefined],
      [undefined, 'One'],
    ])
  })

  test('goes on after a restart with what it had, and with the higher peak', () => {
    const plays = new PlayLog()
    const series = new Series(10_000)
    series.change(3, 0, 10_000)
    const before = {
      mount,
      artist: 'A',
      title: 'One',
      startMs: 5,
      seconds: 7,
      listenersAtStart: 2,
      peak: 9,
      listeningSeconds: 11,
    }
    plays.resume(before, series, 12_000)
    expect(plays.open(11_000), 'not less than before').toEqual([before])
    expect(plays.open(14_000)).toEqual([{ ...before, seconds: 9, listeningSeconds: 17 }])
    plays.addEnded(before)
    expect(plays.ended).toEqual([before])
  })

  test('is bounded for each mount and minute', () => {
    const plays = new PlayLog()
    const series = new Series(0)
    const { playsPerMinuteMax } = historyLimits
    const change = (from: number, count: number) => {
      for (let i = from; i < from + count; i++) plays.note(mount, { title: `${i}` }, series, i, i)
    }
    change(0, playsPerMinuteMax + 10)
    expect(plays.takeEnded()).toHaveLength(playsPerMinuteMax)
    change(1000, 3)
    expect(plays.takeEnded().map(({ title }) => title)).toEqual([`${playsPerMinuteMax + 9}`, '1000', '1001'])
  })
})
