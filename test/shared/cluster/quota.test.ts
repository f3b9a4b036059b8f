import { describe, expect, test } from 'vitest'
import { accept, register } from '../../../shared/api/accept.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { limits } from '../../../shared/limits.ts'
import type { Report } from '../../../shared/report/report.ts'
import type { Reporter } from '../../../shared/report/reporter.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { openAccess } from '../../kit/access.ts'
import { mountReport, reportOf } from '../../kit/reports.ts'

const relay: Reporter = { kind: 'relay' }
const bound: Reporter = { kind: 'server', id: 'bound', role: 'slave' }
const mounts = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => mountReport(`/m${from + i}`))

function decider(mountsMax?: number) {
  const registry = new Registry(undefined, 100, 0, mountsMax)
  const send = (
    report: Report,
    nowMs = 0,
    { reporter = relay, remote }: { reporter?: Reporter; remote?: string } = {},
  ) => {
    const post = { sourcelist: printSourcelist(report), reporter, remote, edgeUrls: [] }
    return accept(registry, openAccess, post, nowMs)
  }
  return { registry, send }
}

describe('one credential has a decider remember', () => {
  test('so many servers: a further one is answered 429, those that are known go on, and another credential has its own', () => {
    const { registry, send } = decider()
    const last = limits.serversPerAccountMax - 1
    for (let i = 0; i <= last; i++) expect(send(reportOf(`s${i}`)).status).toBe(200)
    expect(send(reportOf('more'))).toMatchObject({
      status: 429,
      text: expect.stringContaining('20000 servers'),
    })
    const asked = { host: 'kh', port: 1, interval: 10, reporter: relay, remote: undefined }
    expect(register(registry, openAccess, asked, 0).status).toBe(429)
    expect(send(reportOf('s0')).status).toBe(200)
    expect(send(reportOf('bound'), 0, { reporter: bound }).status).toBe(200)
    expect(registry.view.servers.size).toBe(last + 2)
  })

  test('so many servers, of which one that is stale gives way to a new one', () => {
    const { registry, send } = decider()
    const last = limits.serversPerAccountMax - 1
    send(reportOf('gone', { interval: 1 }))
    for (let i = 0; i < last; i++) send(reportOf(`s${i}`))
    expect([send(reportOf('new'), 10_000).status, send(reportOf('newer'), 10_000).status]).toEqual([200, 429])
    expect(registry.view.servers.has('gone')).toBe(false)
  })

  test('so many mounts, of which those of stale servers give way to new ones', () => {
    const { registry, send } = decider(100)
    send(reportOf('gone', { interval: 1, mounts: mounts(60) }))
    send(reportOf('here', { mounts: mounts(40, 100) }))
    expect(send(reportOf('new', { mounts: mounts(60) }), 1000).status).toBe(413)
    expect(send(reportOf('new', { mounts: mounts(60) }), 10_000).status).toBe(200)
    expect(registry.view.servers.has('gone')).toBe(false)
  })

  test('so many mounts of all its servers together: a report of more is answered 413', () => {
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

  test('no more names than that, however often its mounts have others', () => {
    const { registry, send } = decider(100)
    for (let i = 0; i < 50; i++) {
      expect(send(reportOf('a', { mounts: mounts(80, i * 80) }), i * 1000).status).toBe(200)
      expect(registry.view.servers.get('a')?.formerMounts.length).toBeLessThanOrEqual(20)
    }
  })

  test('so many reports of one id: more are answered 429, and those of others are taken', () => {
    const { send } = decider()
    const { burst, perSecond } = limits.reportsPerId
    for (let i = 0; i < burst; i++) expect(send(reportOf('a')).status).toBe(200)
    expect(send(reportOf('a'))).toMatchObject({ status: 429, text: expect.stringContaining('id a reports') })
    expect(send(reportOf('b')).status).toBe(200)
    const later = Array.from({ length: perSecond + 1 }, () => send(reportOf('a'), 1000).status)
    expect(later).toEqual([...Array.from({ length: perSecond }, () => 200), 429])
  })

  test('refused reports of an id take nothing from the ones that are its own', () => {
    const { send } = decider()
    send(reportOf('a', { boot: 'b', seq: 1 }))
    const { burst } = limits.reportsPerId
    for (let i = 0; i < 2 * burst; i++)
      expect(send(reportOf('a', { boot: 'x', seq: i, urls: ['http://stranger'] })).status).toBe(409)
    expect(send(reportOf('a', { boot: 'b', seq: 2 })).status).toBe(200)
  })

  test('so many bytes of reports from one address, read or refused; other addresses have their own', () => {
    const { send } = decider()
    const large = reportOf('a', { mounts: mounts(limits.reportMountsMax) })
    const bytes = printSourcelist(large).length
    const from = (remote: string) => send({ ...large, state: 'up' }, 0, { remote }).status
    const taken = Math.floor(limits.reportBytes.burst / bytes)
    expect(taken).toBeLessThan(limits.reportsPerId.burst)
    for (let i = 0; i < taken; i++) expect(from('203.0.113.7')).toBe(200)
    expect([from('203.0.113.7'), from('203.0.113.8')]).toEqual([429, 200])
  })
})

test('names of mounts that nobody carries any more are forgotten where there are very many', () => {
  const registry = new Registry(undefined, 100, 0)
  const rounds = Math.ceil(limits.namesKeptMax / limits.reportMountsMax) + 5
  for (let i = 0; i < rounds; i++) {
    const report = reportOf('a', { mounts: mounts(limits.reportMountsMax, i * limits.reportMountsMax) })
    registry.put(report, printSourcelist(report), i * 1000)
    expect(registry.view.mounts.size).toBeLessThanOrEqual(limits.namesKeptMax + 2 * limits.reportMountsMax)
  }
})
