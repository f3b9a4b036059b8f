import { describe, expect, test } from 'vitest'
import {
  CommonFactor,
  factorOf,
  learnFactor,
  noFactorMemory,
} from '../../../shared/cluster/fan-out-factor.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../shared/cluster/server-table.ts'
import { decide } from '../../../shared/draw/decide.ts'
import { View } from '../../../shared/draw/view.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { chiSquareP } from '../../kit/base/chi-square.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { mountOf, reportOf, seededRoll, serverOf } from '../../kit/parts/reports.ts'

const live = mountOf('/live.mp3')

describe('S9: new listeners, if other deciders send some too', () => {
  type Told = { boot?: string; joins?: number; debit: number }
  const learned = (...reports: Told[]) =>
    reports.reduce(
      (memory, { boot = 'b', joins, debit }) => learnFactor(memory, reportOf('a', { boot, joins }), debit),
      noFactorMemory,
    )
  /** the factor of a server that is the only one */
  const afterReports = (...reports: Told[]) => {
    const common = new CommonFactor()
    common.replace(noFactorMemory, learned(...reports))
    return factorOf(learned(...reports), common.value)
  }
  const report = (joins: number, debit: number) => ({ joins, debit })

  test('the factor is 1 until three reports have come, then joins by redirects', () => {
    expect(afterReports(report(0, 0), report(40, 2))).toBe(1)
    expect(afterReports(report(0, 0), report(40, 2), report(80, 2))).toBeCloseTo(20)
  })

  test('it is always from 1 to 10,000', () => {
    expect(afterReports(report(0, 0), report(1, 50), report(2, 50))).toBe(1)
    expect(afterReports(report(0, 0), report(10 ** 9, 1), report(2 * 10 ** 9, 1))).toBe(10_000)
    expect(afterReports(report(0, 0), report(50, 0), report(90, 0))).toBe(1)
  })

  test('it follows a change, each report weighted nine tenths of the next', () => {
    const quiet = Array.from({ length: 5 }, (_, i) => report(10 * i, 10))
    const crowd = Array.from({ length: 20 }, (_, i) => report(40 + 200 * (i + 1), 10))
    expect(afterReports(...quiet)).toBeLessThan(1.01)
    expect(afterReports(...quiet, ...crowd)).toBeGreaterThan(17)
  })

  test('it stays while nobody joins', () => {
    const learned = [report(0, 0), report(40, 2), report(80, 2)]
    expect(afterReports(...learned, report(80, 0), report(80, 0))).toBeGreaterThan(15)
  })

  test('it is learned again after a new boot, when joins fall, and when joins are missing', () => {
    const learned = [report(0, 0), report(40, 2), report(80, 2)]
    expect(afterReports(...learned, { boot: 'c', joins: 90, debit: 1 })).toBe(1)
    expect(afterReports(...learned, report(3, 1))).toBe(1)
    expect(afterReports(...learned, { debit: 1 })).toBe(1)
  })

  test('with few redirects it is near that of all servers, with many it is the server’s own', () => {
    const few = learned(report(0, 0), report(40, 0), report(80, 1))
    const many = learned(report(0, 0), report(40_000, 4000), report(80_000, 4000))
    const none = learned(report(0, 0), report(40, 0), report(80, 0))
    const common = new CommonFactor()
    expect(common.value).toBe(1)
    for (const memory of [few, many]) common.replace(noFactorMemory, memory)
    expect(common.value).toBeCloseTo(10, 1)
    expect(factorOf(few, common.value)).toBeCloseTo((76 + 100) / 11, 1)
    expect(factorOf(many, common.value)).toBeCloseTo(10, 1)
    expect(factorOf(none, common.value)).toBe(common.value)
    expect(factorOf(learned(report(0, 0), report(40, 1)), common.value)).toBe(1)
    common.replace(many, noFactorMemory)
    common.replace(few, noFactorMemory)
    expect(common.value).toBe(1)
  })

  test('nothing is learned from a restart: the joins between the two processes have no known redirects', () => {
    const sql = memorySql()
    const open = () => new Registry(new ServerTable(sql), 100, 0)
    const redirect = (registry: Registry, debit: number) => {
      const server = registry.view.servers.get('a')
      if (server) server.debit = debit
    }
    const factorAfter = (registry: Registry, joins: number) => {
      const told = reportOf('a', { boot: 'b', seq: joins, joins })
      registry.put(told, printSourcelist(told), 0)
      return registry.view.servers.get('a')?.factor
    }
    const before = open()
    factorAfter(before, 0)
    redirect(before, 100)
    const after = open()
    redirect(after, 10) // of the 100 joins that the next report tells, 90 were sent by the process before
    expect([factorAfter(after, 100), factorAfter(after, 100)]).toEqual([1, 1])
    redirect(after, 10)
    expect(factorAfter(after, 110)).toBe(1)
    redirect(after, 10)
    expect(factorAfter(after, 130)).toBeCloseTo((10 * 0.9 + 20) / (10 * 0.9 + 10))
  })

  test('it scales the redirects since the last report', () => {
    const view = new View(100)
    view.put(serverOf('a', { maxListeners: 100 }, { debit: 3, factor: 20 }))
    view.put(serverOf('b', { maxListeners: 40 }))
    const counts = { a: 0, b: 0 }
    const roll = seededRoll(1)
    for (let i = 0; i < repetitions(100_000); i++) {
      const decision = decide(view, { mount: live, secure: false, relay: false }, 0, roll, {
        httpsOnly: false,
      })
      if (typeof decision !== 'string') counts[decision.server.report.id as 'a' | 'b']++
    }
    expect(chiSquareP([counts.a, counts.b], [40, 40])).toBeGreaterThan(0.001)
  })
})
