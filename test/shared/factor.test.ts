import { describe, expect, test } from 'vitest'
import { decide } from '../../shared/decide.ts'
import { factorOf, learnFactor, noFactorMemory } from '../../shared/fan-out-factor.ts'
import { isProbe, isSticky, stickyRoll } from '../../shared/sticky.ts'
import { View } from '../../shared/view.ts'
import { chiSquareP } from '../kit/chi-square.ts'
import { mountOf, reportOf, seededRoll, serverOf } from '../kit/reports.ts'

const live = mountOf('/live.mp3')

describe('S9: new listeners, where other deciders send some too', () => {
  const afterReports = (...reports: { boot?: string; joins?: number; debit: number }[]) =>
    factorOf(
      reports.reduce(
        (memory, { boot = 'b', joins, debit }) => learnFactor(memory, reportOf('a', { boot, joins }), debit),
        noFactorMemory,
      ),
    )
  const report = (joins: number, debit: number) => ({ joins, debit })

  test('the factor is 1 until three reports have come, then joins by redirects', () => {
    expect(afterReports(report(0, 0), report(40, 2))).toBe(1)
    expect(afterReports(report(0, 0), report(40, 2), report(80, 2))).toBeCloseTo(20)
  })

  test('it stays from 1 to 10,000', () => {
    expect(afterReports(report(0, 0), report(1, 50), report(2, 50))).toBe(1)
    expect(afterReports(report(0, 0), report(10 ** 9, 1), report(2 * 10 ** 9, 1))).toBe(10_000)
    expect(afterReports(report(0, 0), report(50, 0), report(90, 0))).toBe(1)
  })

  test('it follows a change, an old report counting nine tenths of the one after it', () => {
    const quiet = Array.from({ length: 5 }, (_, i) => report(10 * i, 10))
    const crowd = Array.from({ length: 20 }, (_, i) => report(40 + 200 * (i + 1), 10))
    expect(afterReports(...quiet)).toBeLessThan(1.01)
    expect(afterReports(...quiet, ...crowd)).toBeGreaterThan(17)
  })

  test('it is learned anew with a new boot, with joins that fall, and where joins are not told', () => {
    const learned = [report(0, 0), report(40, 2), report(80, 2)]
    expect(afterReports(...learned, { boot: 'c', joins: 90, debit: 1 })).toBe(1)
    expect(afterReports(...learned, report(3, 1))).toBe(1)
    expect(afterReports(...learned, { debit: 1 })).toBe(1)
  })

  test('and scales what was redirected since the last report', () => {
    const view = new View(100)
    view.put(serverOf('a', { maxListeners: 100 }, { debit: 3, factor: 20 }))
    view.put(serverOf('b', { maxListeners: 40 }))
    const counts = { a: 0, b: 0 }
    const roll = seededRoll(1)
    for (let i = 0; i < 100_000; i++) {
      const decision = decide(view, { mount: live, secure: false, relay: false }, 0, roll, {
        httpsOnly: false,
      })
      if (typeof decision !== 'string') counts[decision.server.report.id as 'a' | 'b']++
    }
    expect(chiSquareP([counts.a, counts.b], [40, 40])).toBeGreaterThan(0.001)
  })
})

describe('the probe pair of one player', () => {
  test('is told by its range or by its name, and by nothing near them', () => {
    expect([
      isSticky('bytes=0-1', 'x'),
      isSticky(null, 'AppleCoreMedia/1.0.0 (iPhone)'),
      isProbe('bytes=0-1'),
    ]).toEqual([true, true, true])
    expect([
      isSticky('bytes=0-', 'Safari'),
      isSticky('bytes=0-10', ''),
      isProbe('bytes=0-'),
      isProbe(null),
    ]).toEqual([false, false, false, false])
  })

  test('takes the same rolls within a minute, others after it, and others for another listener or mount', () => {
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
      for (let i = 0; i < 300_000; i++) {
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
