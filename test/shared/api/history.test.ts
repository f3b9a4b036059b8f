import { describe, expect, test } from 'vitest'
import { playsOf } from '../../../shared/api/history.ts'
import { History } from '../../../shared/history/history.ts'
import { MemoryHistory } from '../../../shared/history/memory-store.ts'
import type { Play } from '../../../shared/history/play-log.ts'
import type { AboutMount } from '../../../shared/report/about-mount.ts'
import { live } from '../../kit/draws.ts'
import { mountReport, reportOf } from '../../kit/reports.ts'

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
