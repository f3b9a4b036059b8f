import { afterEach, describe, expect, test } from 'vitest'
import { register } from '../../../../shared/api/accept.ts'
import { Registry } from '../../../../shared/cluster/registry.ts'
import { limits } from '../../../../shared/limits.ts'
import { printSourcelist } from '../../../../shared/report/sourcelist.ts'
import { openAccounts } from '../../../kit/parts/accounts.ts'
import { bound, decider, mounts, relay } from '../../../kit/parts/quota.ts'
import { reportOf } from '../../../kit/parts/reports.ts'

const bounds = { ...limits }
afterEach(() => void Object.assign(limits, bounds))

describe('for one credential a decider remembers', () => {
  test('a bounded number of servers: one more is answered 429, known ones continue, and another credential has its own bound', () => {
    const { registry, send } = decider()
    const last = limits.serversPerAccountMax - 1
    for (let i = 0; i <= last; i++) expect(send(reportOf(`s${i}`)).status).toBe(200)
    expect(send(reportOf('more'))).toMatchObject({
      status: 429,
      text: expect.stringContaining('20000 servers'),
    })
    const asked = { host: 'kh', port: 1, interval: 10, reporter: relay, remote: undefined }
    expect(register(registry, openAccounts, asked, 0).status).toBe(429)
    expect(send(reportOf('s0')).status).toBe(200)
    expect(send(reportOf('bound'), 0, { reporter: bound }).status).toBe(200)
    expect(registry.view.servers.size).toBe(last + 2)
  })

  test('a bounded number of servers, of which a stale one gives way to a new one', () => {
    // the rule is that of the whole bound, which the test above reaches
    Object.assign(limits, { serversPerAccountMax: 500 })
    const { registry, send } = decider()
    const last = limits.serversPerAccountMax - 1
    send(reportOf('gone', { interval: 1 }))
    for (let i = 0; i < last; i++) send(reportOf(`s${i}`))
    expect([send(reportOf('new'), 10_000).status, send(reportOf('newer'), 10_000).status]).toEqual([200, 429])
    expect(registry.view.servers.has('gone')).toBe(false)
  })

  test('a bounded rate of bytes from one address, accepted or rejected; other addresses have their own', () => {
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

test('names of mounts that no server carries any more are forgotten once there are very many', () => {
  Object.assign(limits, { namesKeptMax: 10_000 })
  const registry = new Registry(undefined, 100, 0)
  const each = 1000
  const rounds = limits.namesKeptMax / each + 5
  const known: number[] = []
  for (let i = 0; i < rounds; i++) {
    const report = reportOf('a', { mounts: mounts(each, i * each) })
    registry.put(report, printSourcelist(report), i * 1000)
    known.push(registry.view.mounts.size)
  }
  expect(Math.max(...known)).toBeGreaterThan(limits.namesKeptMax)
  expect(Math.max(...known)).toBeLessThanOrEqual(limits.namesKeptMax + 2 * each)
})
