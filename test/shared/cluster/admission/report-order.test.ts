import { describe, expect, test } from 'vitest'
import {
  formerMountsAfter,
  type Order,
  orderAfter,
  outOfOrder,
} from '../../../../shared/cluster/admission/report-order.ts'
import { limits } from '../../../../shared/limits.ts'
import { mountOf, mountReport, reportOf, serverOf } from '../../../kit/parts/reports.ts'

const report = (boot: string | undefined, seq: number | undefined) => reportOf('a', { boot, seq })
const last: Order = { boot: 'b1', seq: 5, formerBoots: [], owns: true }

describe('the order of the reports of one id', () => {
  test('notes the boot that another one replaces, once, with its newest seq', () => {
    expect(orderAfter(undefined, report('b1', 5), true)).toEqual(last)
    expect(orderAfter(last, report('b1', 6), true)).toEqual({ ...last, seq: 6 })
    const second = orderAfter(last, report('b2', 1), true)
    expect(second).toEqual({ boot: 'b2', seq: 1, formerBoots: [{ boot: 'b1', seq: 5 }], owns: false })
    expect(orderAfter(second, report('b1', 7), false).formerBoots).toEqual([{ boot: 'b2', seq: 1 }])
    expect(orderAfter({ ...last, seq: undefined }, report('b2', 1), true).formerBoots).toEqual([
      { boot: 'b1', seq: 0 },
    ])
    expect(orderAfter(second, report(undefined, undefined), true).formerBoots).toEqual(second.formerBoots)
    expect(orderAfter({ ...second, boot: undefined }, report('b3', 1), true).formerBoots).toEqual(
      second.formerBoots,
    )
  })

  test('keeps the newest of very many boots', () => {
    let order: Order | undefined
    for (let i = 0; i < limits.formerBootsMax + 4; i++) order = orderAfter(order, report(`b${i}`, i), true)
    expect(order?.formerBoots).toHaveLength(limits.formerBootsMax)
    expect(order?.formerBoots.at(0)).toEqual({ boot: 'b3', seq: 3 })
  })

  test('gives an id to a program that came while it was free, for as long as that goes on', () => {
    expect(orderAfter({ ...last, owns: false }, report('b1', 6), true).owns).toBe(false)
    expect(orderAfter({ ...last, owns: false }, report('b1', 6), false).owns).toBe(true)
    expect(orderAfter(last, report('b2', 1), false).owns).toBe(true)
    expect(orderAfter(last, report(undefined, undefined), true).owns).toBe(false)
  })

  test('rejects what is older, and a boot that was replaced unless the id is free and it is newer than before', () => {
    expect(outOfOrder(last, report('b1', 4), true)).toMatch(/^seq 4 is older than 5/)
    expect(outOfOrder(last, report('b1', 5), true)).toBeUndefined()
    expect(outOfOrder({ ...last, seq: undefined }, report('b1', 0), true)).toBeUndefined()
    expect(outOfOrder(last, report('b2', 0), true)).toBeUndefined()
    expect(outOfOrder(last, report('b1', undefined), true)).toBeUndefined()
    expect(outOfOrder(last, report(undefined, 1), true)).toBeUndefined()
    const second: Order = { boot: 'b2', seq: 1, formerBoots: [{ boot: 'b1', seq: 5 }], owns: false }
    expect(outOfOrder(second, report('b1', 9), true)).toMatch(
      /^boot b1 was replaced by another, which is live/,
    )
    for (const unordered of [report('b1', undefined), report(undefined, 9)])
      expect(outOfOrder(second, unordered, true), 'without either the order is not checked').toBeUndefined()
    expect(outOfOrder(second, report('b1', 5), false)).toMatch(/seq 5 is not above 5/)
    expect(outOfOrder(second, report('b1', 6), false)).toBeUndefined()
  })
})

describe('mounts that a server no longer reports', () => {
  const [one, two] = [mountReport('/one'), mountReport('/two')]
  const serverBefore = (over: object = {}, held: object = {}) =>
    serverOf('a', { mounts: [one, two], ...over }, { receivedAtMs: 1000, ...held })

  test('are remembered from its last report that named them', () => {
    const now = reportOf('a', { mounts: [two] })
    expect(formerMountsAfter(undefined, now, 2000)).toEqual([])
    expect(formerMountsAfter(serverBefore(), now, 2000)).toEqual([['/one', 1000]])
    expect(formerMountsAfter(serverBefore(), reportOf('a', { mounts: [two, one] }), 2000)).toEqual([])
    const louder = reportOf('a', { mounts: [mountReport('/two', { listeners: 3 })] })
    expect(formerMountsAfter(serverBefore(), louder, 2000), 'as another changes').toEqual([['/one', 1000]])
    expect(formerMountsAfter(serverBefore({}, { polled: true }), now, 2000), 'a polled slave').toEqual([])
    expect(formerMountsAfter(serverBefore({ role: 'master' }, { polled: true }), now, 2000)).toHaveLength(1)
  })

  test('are forgotten once they are reported again, and after a while', () => {
    const formerMounts = [
      [mountOf('/two'), 10],
      [mountOf('/old'), 20],
    ] as const
    const server = serverBefore({ mounts: [one] }, { formerMounts })
    const both = reportOf('a', { mounts: [one, two] })
    expect(formerMountsAfter(server, both, limits.mountMemoryMs + 20)).toEqual([['/old', 20]])
    expect(formerMountsAfter(server, both, limits.mountMemoryMs + 21)).toEqual([])
  })

  test('are as many as one report may name at the most: the newest', () => {
    const formerMounts = Array.from(
      { length: limits.reportMountsMax },
      (_, i) => [mountOf(`/former${i}`), 10] as const,
    )
    const after = formerMountsAfter(serverBefore({}, { formerMounts }), reportOf('a', { mounts: [] }), 2000)
    expect([after.length, after[0], after.at(-1)]).toEqual([
      limits.reportMountsMax,
      ['/former2', 10],
      ['/two', 1000],
    ])
  })
})
