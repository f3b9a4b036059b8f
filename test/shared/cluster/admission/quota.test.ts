import { describe, expect, test } from 'vitest'
import { accountOf } from '../../../../shared/cluster/admission/quota.ts'
import { ReportBounds } from '../../../../shared/cluster/admission/report-bounds.ts'
import { limits } from '../../../../shared/limits.ts'
import { bound, decider, mounts } from '../../../kit/parts/quota.ts'
import { mountOf, reportOf } from '../../../kit/parts/reports.ts'

describe('for one credential a decider remembers', () => {
  test('a bounded number of mounts, of which those of stale servers give way to new ones', () => {
    const { registry, send } = decider(100)
    send(reportOf('gone', { interval: 1, mounts: mounts(60) }))
    send(reportOf('here', { mounts: mounts(40, 100) }))
    expect(send(reportOf('new', { mounts: mounts(60) }), 1000).status).toBe(413)
    expect(send(reportOf('new', { mounts: mounts(60) }), 10_000).status).toBe(200)
    expect(registry.view.servers.has('gone')).toBe(false)
  })

  test('a bounded number of mounts of all its servers: a report with more is answered 413', () => {
    const { send } = decider(100)
    expect(send(reportOf('a', { mounts: mounts(60) })).status).toBe(200)
    expect(send(reportOf('b', { mounts: mounts(41) }))).toEqual({
      status: 413,
      text: '41 mounts, expected at most 40: the servers with these credentials may have 100 together\n',
    })
    expect(send(reportOf('b', { mounts: mounts(40) })).status).toBe(200)
    expect(send(reportOf('a', { mounts: mounts(60) })).status, 'its own count once').toBe(200)
    expect(send(reportOf('bound', { mounts: mounts(100) }), 0, { reporter: bound }).status).toBe(200)
    send(reportOf('a', { mounts: [] }), 0)
    send(reportOf('a', { mounts: [] }), 280_000)
    expect(
      send(reportOf('b', { mounts: mounts(41) }), 281_000).status,
      'those that it had are not forgotten yet',
    ).toBe(413)
    send(reportOf('a', { mounts: [] }), 300_001)
    expect(send(reportOf('b', { mounts: mounts(100) }), 300_001).status).toBe(200)
  })

  test('no more names than that, however often its mounts change their names', () => {
    const { registry, send } = decider(100)
    for (let i = 0; i < 50; i++) {
      expect(send(reportOf('a', { mounts: mounts(80, i * 80) }), i * 1000).status).toBe(200)
      expect(registry.view.servers.get('a')?.formerMounts.length).toBeLessThanOrEqual(20)
    }
  })

  test('a bounded rate of reports of one id: more are answered 429, and those of other ids are accepted', () => {
    const { send } = decider()
    const { burst, perSecond } = limits.reportsPerId
    for (let i = 0; i < burst; i++) expect(send(reportOf('a')).status).toBe(200)
    expect(send(reportOf('a'))).toMatchObject({ status: 429, text: expect.stringContaining('id a reports') })
    expect(send(reportOf('b')).status).toBe(200)
    const later = Array.from({ length: perSecond + 1 }, () => send(reportOf('a'), 1000).status)
    expect(later).toEqual([...Array.from({ length: perSecond }, () => 200), 429])
  })

  test('rejected reports of an id do not count against its own', () => {
    const { send } = decider()
    send(reportOf('a', { boot: 'b', seq: 1 }))
    const { burst } = limits.reportsPerId
    for (let i = 0; i < 2 * burst; i++)
      expect(send(reportOf('a', { boot: 'x', seq: i, urls: ['http://stranger'] })).status).toBe(409)
    expect(send(reportOf('a', { boot: 'b', seq: 2 })).status).toBe(200)
  })
})

describe('the bounds of reports with one credential', () => {
  const account = accountOf({ kind: 'relay' })
  const noRoom = (_: string, __: string, ___: number, isEnough: () => boolean) => isEnough()

  test('let no more servers report than are bounded, unless stale ones make room', () => {
    const bounds = new ReportBounds(1000)
    for (let i = 0; i < limits.serversPerAccountMax; i++) bounds.accepted(account, `s${i}`, 0, 0)
    const of = (id: string) => reportOf(id, { mounts: [] })
    expect(bounds.excess(of('new'), account, 0, noRoom)).toMatchObject({ status: 429 })
    expect(bounds.excess(of('s1'), account, 0, noRoom)).toBeUndefined()
    expect(bounds.excess(of('new'), accountOf({ kind: 'master' }), 0, noRoom)).toBeUndefined()
    const made = bounds.excess(of('new'), account, 0, (_, __, ___, isEnough) => {
      bounds.forget('s7')
      return isEnough()
    })
    expect(made).toBeUndefined()
  })

  test('keep the newest of the mounts that a server no longer reports, as many as there is room for', () => {
    const former = (count: number) =>
      Array.from({ length: count }, (_, i) => [mountOf(`/former${i}`), 10] as const)
    const kept = (room: number, count: number) =>
      new ReportBounds(1 + room)
        .asFarAsThereIsRoom(former(count), reportOf('a'), account)
        .map(([mount]) => mount)
    expect([kept(3, 2), kept(2, 2), kept(1, 2), kept(0, 2), kept(-1, 2)]).toEqual([
      ['/former0', '/former1'],
      ['/former0', '/former1'],
      ['/former1'],
      [],
      [],
    ])
  })
})
