import { describe, expect, test, vi } from 'vitest'
import { accept, type Post } from '../../../shared/api/accept.ts'
import type { Accounts } from '../../../shared/api/auth.ts'
import { serversJson } from '../../../shared/api/json.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { limits } from '../../../shared/limits.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { openAccounts } from '../../kit/parts/accounts.ts'
import { reportOf } from '../../kit/parts/reports.ts'

/** A decider, and reports to it. */
function decider(accounts: Accounts = openAccounts) {
  const registry = new Registry(undefined, 100, 0)
  const send = (sourcelist: string, over: Partial<Post> = {}) => {
    const post = {
      sourcelist,
      reporter: { kind: 'relay' },
      remote: undefined,
      edgeUrls: [],
      ...over,
    } as const
    const { status, text } = accept(registry, accounts, post, 0)
    return `${status} ${text}`
  }
  return { registry, send }
}
const a = printSourcelist(reportOf('a'))

describe('the reply to a report', () => {
  test('has its mounts, the wish, its state, the addresses of the decider, and how reachable it is', () => {
    const { registry, send } = decider()
    const edgeUrls = ['http://e.example', 'https://e.example']
    expect(send(a, { edgeUrls })).toBe(
      '200 accepted 1\ninterval 10\nstate up\nedge http://e.example\nedge https://e.example\n',
    )
    registry.setProbed('a', { url: 'http://a.example.org:8000', problem: undefined })
    registry.setDrain('a', true)
    expect(send(a)).toBe('200 accepted 1\ninterval 10\nstate draining\nprobe ok\n')
    registry.setProbed('a', { url: 'http://a.example.org:8000', problem: 'timed out' })
    expect(send(a)).toMatch(/\nprobe failed http:\/\/a\.example\.org:8000 timed out\n$/)
  })

  test('names the address of another program with the same id, which was rejected', () => {
    const { registry } = decider()
    const send = (boot: string, seq: number, nowMs: number, remote: string) => {
      const sourcelist = printSourcelist(reportOf('a', { boot, seq }))
      return accept(
        registry,
        openAccounts,
        { sourcelist, reporter: { kind: 'relay' }, remote, edgeUrls: [] },
        nowMs,
      )
    }
    send('copy', 1, 0, '203.0.113.9')
    expect(send('own', 1, 1000, '192.0.2.1').text).not.toContain('twin')
    for (const seq of [2, 3]) expect(send('copy', seq, seq * 1000, '203.0.113.9').status).toBe(409)
    expect(send('own', 2, 4000, '192.0.2.1').text).toMatch(/\ntwin 203\.0\.113\.9\n$/)
  })

  test('counts among the reports by its status', () => {
    const { registry, send } = decider()
    send(a)
    send(a)
    send('')
    expect(registry.history.counts.totals.reports).toEqual({ 200: 2, 400: 1 })
  })
})

describe('a report is rejected', () => {
  test('with 429 where its sender sends more bytes than a decider reads', () => {
    const { registry, send } = decider()
    for (let sent = 0; sent < limits.reportBytes.burst; sent += limits.reportBytesMax)
      registry.mayRead('relay', '203.0.113.9', limits.reportBytesMax, 0)
    expect(send(a, { remote: '203.0.113.9' })).toBe(
      `429 too many bytes of reports from 203.0.113.9, expected at most ${limits.reportBytes.perSecond} a second\n`,
    )
    expect(registry.view.servers.size).toBe(0)
  })

  test('with 401 where its id has a password of its own, also if the id is that of its url', () => {
    const relays: Accounts['relays'] = new Map([['own.example:8000', { password: 'p', role: 'slave' }]])
    const { registry, send } = decider({ ...openAccounts, relays })
    const report = printSourcelist(reportOf('x', { urls: ['http://own.example:8000'] }))
    expect(send(report.replace(/^id: .*\n/m, ''))).toBe(
      '401 id is "own.example:8000", expected the credentials of that id\n',
    )
    expect(send('id: own.example:8000\nlisteners: many\n'), 'malformed').toMatch(/^401 /)
    expect(registry.view.servers.size).toBe(0)
  })

  test.each([
    ['\n', 4],
    ['\r\n', 4],
  ])('with 400 and the line of a url that only its server reaches, lines that end in %j', (end, line) => {
    const lines = ['x-url: http://127.0.0.2', 'id: b', 'url: http://b.example', 'URL:  http://127.0.0.1:8000']
    const report = [...lines, 'interval: 5', 'listeners: 0', 'mounts: 0', '', ''].join(end)
    expect(decider().send(report)).toMatch(/^200/)
    expect(decider().send(report, { remote: '203.0.113.9' })).toBe(
      `400 line ${line}: url is http://127.0.0.1:8000, but the report came from 203.0.113.9; expected a url that others can reach\n`,
    )
  })

  test('by no defect of the decider itself: that is none of the report', () => {
    const { registry, send } = decider()
    vi.spyOn(registry, 'parse').mockImplementation(() => {
      throw new TypeError('a defect')
    })
    expect(() => send(a)).toThrow('a defect')
  })
})

test.each([
  [['http://e.example'], false],
  [['http://e.example', 'https://e.example'], true],
  [['http://https:8000'], false],
  [[], false],
])('a report that reaches a decider at %j makes its pages want https: %j', (edgeUrls, wants) => {
  const { registry, send } = decider()
  send(a, { edgeUrls })
  expect(registry.view.isAskedByHttps).toBe(wants)
  expect(serversJson(registry.view, 0)[0]?.notes !== undefined).toBe(wants)
})
