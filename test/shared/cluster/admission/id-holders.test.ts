import { describe, expect, test } from 'vitest'
import { IdHolders } from '../../../../shared/cluster/admission/id-holders.ts'
import { accountOf, Quota } from '../../../../shared/cluster/admission/quota.ts'
import { ReportBounds } from '../../../../shared/cluster/admission/report-bounds.ts'
import { Twins, takeoverOf } from '../../../../shared/cluster/admission/takeover.ts'
import { limits } from '../../../../shared/limits.ts'
import { mountOf, mountReport, reportOf, serverOf } from '../../../kit/parts/reports.ts'

const report = (boot: string, seq = 1, url?: string) =>
  reportOf('a', { boot, seq, ...(url && { urls: [url] }) })
const other = 'http://other.example'

describe('the holders of ids', () => {
  test('give the id of this program to nobody', () => {
    const holders = new IdHolders()
    expect(holders.conflict(report('b1'), undefined, false, 0)).toBeUndefined()
    holders.own('a')
    expect(holders.conflict(report('b1'), undefined, false, 0)).toMatch(/^id a belongs to this master itself/)
    expect(holders.conflict(reportOf('b'), undefined, false, 0)).toBeUndefined()
  })

  test('let the operator of a polled server change its url, and nobody else', () => {
    const held = (polled: boolean, isPolled: boolean) => {
      const holders = new IdHolders()
      holders.accepted(report('b1'), false, 0, undefined)
      return holders.conflict(report('b1', 2, other), serverOf('a', {}, { polled }), isPolled, 0)
    }
    expect(held(true, true)).toBeUndefined()
    for (const [polled, isPolled] of [
      [true, false],
      [false, true],
      [false, false],
    ] as const)
      expect(held(polled, isPolled)).toMatch(/^id a is held by a live server/)
  })

  test('forget an id with its server, and know after a restart that its program had it before', () => {
    const holders = new IdHolders()
    holders.restored(report('b1', 5), [])
    expect(holders.conflict(report('b1', 4), serverOf('a'), false, 0)).toMatch(/^seq 4 is older/)
    const both = ['http://a.example.org:8000', other]
    expect(
      holders.conflict(reportOf('a', { boot: 'b1', seq: 6, urls: both }), serverOf('a'), false, 0),
      'it may not add urls',
    ).toMatch(/^id a is held/)
    holders.forget('a')
    expect(holders.conflict(report('b1', 4), serverOf('a'), false, 0)).toBeUndefined()
  })

  test('find a second program by a former boot that goes on beside a live successor', () => {
    const holders = new IdHolders()
    const rejected = (boot: string, nowMs: number) =>
      holders.rejected(report(boot), serverOf('a'), nowMs).length
    holders.accepted(report('b1'), false, 0, undefined)
    holders.accepted(report('b2'), true, 0, undefined)
    expect([rejected('x', 5000), rejected('x', 9000)]).toEqual([0, 0])
    expect(holders.rejected(report('b1'), undefined, 0)).toEqual([])
    expect([rejected('b1', 60_000), rejected('b1', 65_000)], 'the successor is stale').toEqual([0, 0])
    expect([rejected('b1', 10_000), rejected('b1', 12_000)]).toEqual([0, 1])
    expect([holders.twinOf('a', 12_000), holders.twinOf('b', 12_000)]).toEqual([
      'the address of this decider',
      undefined,
    ])
  })
})

describe('a second program with an id', () => {
  const noted = (...times: number[]) => {
    const twins = new Twins()
    return times.map((atMs) => twins.note('a', 'address', atMs).length)
  }
  test('is proven by a report a second after its first, told once, and again once it was quiet for a minute', () => {
    expect(noted(0, 999)).toEqual([0, 0])
    expect(noted(0, 1000, 2000)).toEqual([0, 1, 0])
    expect(noted(0, 500, 1000)).toEqual([0, 0, 1])
    expect(noted(0, 59_999)).toEqual([0, 1])
    expect(noted(0, 60_000, 61_000)).toEqual([0, 0, 1])
  })

  test('has its address for a minute after its last report', () => {
    const twins = new Twins()
    for (const atMs of [5000, 7000]) twins.note('a', '192.0.2.1', atMs)
    expect([66_999, 67_000].map((nowMs) => twins.addressOf('a', nowMs))).toEqual(['192.0.2.1', undefined])
    twins.forget('a')
    expect(twins.addressOf('a', 7000)).toBeUndefined()
  })
})

test('a takeover is told of another boot that takes a held id, or of a former one that is back', () => {
  const last = {
    boot: 'b2',
    seq: 1,
    formerBoots: [
      { boot: 'b0', seq: 1 },
      { boot: 'b1', seq: 1 },
    ],
    owns: true,
  }
  const kind = (boot: string | undefined, isHeld: boolean, address?: string) =>
    takeoverOf(reportOf('a', { boot }), last, isHeld, 1.4, address)
  expect(kind('b3', true, '192.0.2.1')).toEqual({
    at: 1,
    kind: 'server id taken over',
    server: 'a',
    detail: 'by a program at 192.0.2.1',
  })
  expect(kind('b1', false)).toEqual({ at: 1, kind: 'server id taken back', server: 'a' })
  expect([kind('b3', false), kind('b2', true), kind(undefined, true)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(
    takeoverOf(reportOf('a', { boot: 'b3' }), { ...last, boot: undefined }, true, 0, undefined),
  ).toBeUndefined()
})

describe('what an account may have', () => {
  test('is counted for relays, masters and each server with its own password apart', () => {
    const kinds = [{ kind: 'relay' }, { kind: 'master' }, { kind: 'server', id: 'a', role: 'slave' }] as const
    expect(kinds.map(accountOf)).toEqual(['relay', 'master', 'server a'])
  })

  test('is a number of mounts, less those of its other servers', () => {
    const quota = new Quota(100)
    quota.note('relay', 'a', 30)
    quota.note('relay', 'b', 50)
    expect([quota.roomFor('relay', 'a'), quota.roomFor('relay', 'c'), quota.roomFor('master', 'a')]).toEqual([
      50, 20, 100,
    ])
    quota.note('master', 'a', 10)
    expect([quota.roomFor('relay', 'c'), [...quota.idsOf('relay')], quota.roomFor('master', 'x')]).toEqual([
      50,
      ['b'],
      90,
    ])
    quota.forget('b')
    quota.forget('nobody')
    expect([quota.roomFor('relay', 'c'), [...quota.idsOf('relay')]]).toEqual([100, []])
  })

  test('is a number of servers, which one more does not fit in', () => {
    const quota = new Quota(100)
    for (let i = 0; i < limits.serversPerAccountMax; i++) quota.note('relay', `s${i}`, 0)
    expect([
      quota.isFull('relay', 'other'),
      quota.isFull('relay', 's0'),
      quota.isFull('master', 'other'),
    ]).toEqual([true, false, false])
    quota.forget('s1')
    expect(quota.isFull('relay', 'other')).toBe(false)
  })

  test('leaves room for the newest mounts that are gone, and counts those that were stored', () => {
    const bounds = new ReportBounds(4)
    const former = ['/1', '/2', '/3'].map((path, i) => [mountOf(path), i] as const)
    const kept = (count: number) =>
      bounds.asFarAsThereIsRoom(
        former,
        reportOf('a', { mounts: Array.from({ length: count }, (_, i) => mountReport(`/m${i}`)) }),
        'relay',
      )
    expect(
      [1, 2, 3, 4, 5].map((count) =>
        kept(count)
          .map(([mount]) => mount)
          .join(''),
      ),
    ).toEqual(['/1/2/3', '/2/3', '/3', '', ''])
    bounds.restored('b', 3)
    expect(kept(0).map(([mount]) => mount)).toEqual(['/3'])
    expect([...bounds.idsOf('relay')]).toEqual(['b'])
  })

  test('is read from an address as far as its bytes go, and from this machine always', () => {
    const bounds = new ReportBounds(4)
    const { burst } = limits.reportBytes
    expect(bounds.mayRead('relay', '192.0.2.1', burst, 0)).toBe(true)
    expect([bounds.mayRead('relay', '192.0.2.1', 1, 0), bounds.mayRead('relay', '192.0.2.2', 1, 0)]).toEqual([
      false,
      true,
    ])
    expect([
      bounds.mayRead('relay', undefined, burst, 0),
      bounds.mayRead('relay', undefined, burst, 0),
    ]).toEqual([true, true])
  })
})
