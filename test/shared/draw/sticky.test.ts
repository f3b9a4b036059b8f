import { describe, expect, test } from 'vitest'
import { decide } from '../../../shared/draw/decide.ts'
import { isRangeProbe, isSticky, stickyRoll } from '../../../shared/draw/sticky.ts'
import { View } from '../../../shared/draw/view.ts'
import { chiSquareP } from '../../kit/base/chi-square.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { live } from '../../kit/parts/draws.ts'
import { serverOf } from '../../kit/parts/reports.ts'

describe('the probe pair of one player', () => {
  test('is recognized by its Range or its User-Agent, and nothing similar is', () => {
    expect([
      isSticky('bytes=0-1', 'x'),
      isSticky(null, 'AppleCoreMedia/1.0.0 (iPhone)'),
      isRangeProbe('bytes=0-1'),
    ]).toEqual([true, true, true])
    expect([
      isSticky('bytes=0-', 'Safari'),
      isSticky('bytes=0-10', ''),
      isSticky(null, undefined),
      isRangeProbe('bytes=0-'),
      isRangeProbe(null),
    ]).toEqual([false, false, false, false, false])
  })

  test('gets the same rolls within a minute, and others later, for another listener or for another mount', () => {
    const rolls = (address: string, mount: string, nowMs: number) => {
      const roll = stickyRoll(address, 'AppleCoreMedia', mount, nowMs)
      return [roll(), roll(), roll()]
    }
    const first = rolls('192.0.2.1', '/live.mp3', 60_000)
    expect(rolls('192.0.2.1', '/live.mp3', 119_999)).toEqual(first)
    expect(rolls('192.0.2.1', '/live.mp3', 120_000)).not.toEqual(first)
    expect(rolls('192.0.2.2', '/live.mp3', 60_000)).not.toEqual(first)
    expect(rolls('192.0.2.1', '/news.mp3', 60_000)).not.toEqual(first)
    expect(new Set(first).size).toBe(3)
  })

  test('over listeners keeps the shares of the lottery, on the first roll as on the second', () => {
    const view = new View(100)
    for (const [id, maxListeners] of [
      ['a', 900],
      ['b', 300],
      ['c', 100],
    ] as const)
      view.put(serverOf(id, { maxListeners }))
    for (const skip of [0, 1]) {
      const counts = new Map<string, number>()
      for (let i = 0; i < repetitions(300_000); i++) {
        const roll = stickyRoll(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 'AppleCoreMedia', live, 0)
        for (let n = 0; n < skip; n++) roll()
        const decision = decide(view, { mount: live, secure: false, relay: false }, 0, roll, {
          httpsOnly: false,
        })
        if (typeof decision === 'string') throw new Error(decision)
        counts.set(decision.server.report.id, (counts.get(decision.server.report.id) ?? 0) + 1)
      }
      expect(
        chiSquareP(
          ['a', 'b', 'c'].map((id) => counts.get(id) ?? 0),
          [900, 300, 100],
        ),
      ).toBeGreaterThan(0.001)
    }
  })
})
