import { expect, onTestFinished, test, vi } from 'vitest'
import { parseConfig } from '../../../edge/config.ts'
import { createProber, probe } from '../../../edge/outreach/prober.ts'
import { accept } from '../../../shared/api/accept.ts'
import { serversJson } from '../../../shared/api/json.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { reportOf } from '../../kit/parts/reports.ts'

const { accounts } = parseConfig({ RELAY_PASSWORD: 'relay-secret', ADMIN_PASSWORD: 'admin-secret' })

/** A prober over a registry with one server, in a network where the server answers or not. */
function createProbing(over: Partial<Report> = {}) {
  const registry = new Registry(undefined, 100, 0)
  const clock = { nowMs: 0 }
  const network = { answers: true, answersOnly: '', asked: 0, error: 'connect ECONNREFUSED' }
  const fetch = async (url: string) => {
    network.asked++
    if (network.answers || new URL(url).hostname === `${network.answersOnly}.example.org`)
      return new Response(null, { status: 500 })
    throw new Error(network.error)
  }
  const prober = createProber({ registry, fetch, nowMs: () => clock.nowMs, atOnce: 4, lookup: undefined })
  const report = (changed: Partial<Report> = {}) => {
    const sent = reportOf('s1', { boot: 'b', interval: 3600, ...over, ...changed })
    registry.put(sent, printSourcelist(sent), clock.nowMs)
  }
  const pass = async (ms: number) => {
    for (const endMs = clock.nowMs + ms; clock.nowMs < endMs; clock.nowMs += 500) await prober.run()
  }
  report()
  return { registry, network, report, pass, out: () => serversJson(registry.view, clock.nowMs)[0]?.out }
}

test('a server that answers is probed every 10 s, and any status is an answer', async () => {
  const { network, pass, out } = createProbing()
  await pass(30_000)
  expect([network.asked, out()]).toEqual([3, null])
})

test('after three probes in a row without an answer a server is unreachable, and in again with its first answer', async () => {
  const { network, pass, out } = createProbing()
  network.answers = false
  await pass(500)
  expect([network.asked, out()]).toEqual([1, null])
  await pass(3000)
  expect([network.asked, out()]).toEqual([2, null])
  await pass(3000)
  expect([network.asked, out()]).toEqual([3, 'unreachable'])
  network.answers = true
  await pass(3000)
  expect([network.asked, out()]).toEqual([4, null])
})

test('a name without an address takes a server out after a minute: a new name does not resolve everywhere at once', async () => {
  const { network, pass, out } = createProbing()
  network.answers = false
  network.error = 'getaddrinfo ENOTFOUND s1.example.org'
  await pass(59_000)
  expect([network.asked > 10, out()]).toEqual([true, null])
  await pass(6000)
  expect(out()).toBe('unreachable')
  network.answers = true
  await pass(3000)
  expect(out()).toBe(null)
})

test('the answer to a report has the result of the probes: nothing before the first, then ok, then the url and the problem', async () => {
  const { registry, network, pass } = createProbing()
  const lines = () => {
    const sourcelist = printSourcelist(reportOf('s1', { interval: 3600 }))
    const post = { sourcelist, reporter: { kind: 'relay' }, remote: undefined, edgeUrls: [] } as const
    const { text } = accept(registry, accounts, post, 0)
    return text.split('\n').filter((line) => line.startsWith('probe'))
  }
  expect(lines()).toEqual([])
  await pass(500)
  expect(lines()).toEqual(['probe ok'])
  network.answers = false
  await pass(13_000)
  expect(lines(), 'one or two may be lost by chance').toEqual(['probe ok'])
  await pass(5000)
  expect(lines()).toEqual(['probe failed http://s1.example.org:8000 connection refused'])
  network.answers = true
  await pass(3000)
  expect(lines()).toEqual(['probe ok'])
})

test('an edge that has reached no server since its start keeps them all: the edge itself is cut off', async () => {
  const { registry, network, pass } = createProbing()
  network.answers = false
  for (const id of ['s2', 's3']) {
    const other = reportOf(id, { boot: 'b', interval: 3600 })
    registry.put(other, printSourcelist(other), 0)
  }
  await pass(60_000)
  expect(serversJson(registry.view, 60_000).map(({ out }) => out)).toEqual([null, null, null])
  network.answersOnly = 's2'
  await pass(30_000)
  expect(serversJson(registry.view, 90_000).map(({ id, out }) => [id, out])).toEqual([
    ['s1', 'unreachable'],
    ['s2', null],
    ['s3', 'unreachable'],
  ])
})

test('a failure of the edge itself takes no server out, and the server is probed again', async () => {
  const { network, pass, out } = createProbing()
  network.answers = false
  network.error = 'bad port'
  await pass(60_000)
  expect(out()).toBeNull()
  expect(network.asked).toBeGreaterThan(10)
})

test('a server on an internal network gets no probe result', async () => {
  const { registry, pass } = createProbing({ urls: ['http://10.0.0.1'] })
  await pass(20_000)
  expect(registry.probedOf('s1')).toBeUndefined()
})

test('reports do not bring a server back; a new url is probed three times again', async () => {
  const { network, report, pass, out } = createProbing()
  network.answers = false
  await pass(10_000)
  report()
  await pass(3000)
  expect(out()).toBe('unreachable')
  report({ urls: ['https://s1.example.org', 'http://s1.example.org:8000'] })
  await pass(500)
  expect(out()).toBeNull()
  await pass(10_000)
  expect(out()).toBe('unreachable')
})

test('a server that moves to an internal network is in by its reports alone', async () => {
  const { network, report, pass, out } = createProbing()
  network.answers = false
  await pass(10_000)
  expect(out()).toBe('unreachable')
  const { asked } = network
  report({ urls: ['http://s1.example.org:8000', 'http://10.0.0.1'] })
  report({ urls: ['http://10.0.0.1'] })
  await pass(20_000)
  expect([network.asked, out()]).toEqual([asked, null])
})

test('an edge that loses its own network keeps its servers, and uses the probes again once the network is back', async () => {
  const { registry, network, pass } = createProbing()
  for (const id of ['s2', 's3', 's4']) {
    const other = reportOf(id, { interval: 3600 })
    registry.put(other, printSourcelist(other), 0)
  }
  const outs = () => [...registry.view.servers.values()].filter(({ reachable }) => !reachable).length
  await pass(20_000)
  network.answers = false
  await pass(60_000)
  expect(outs()).toBe(0)
  network.answersOnly = 's1'
  await pass(60_000)
  expect(outs()).toBe(3)
})

test('a server that is stale is not probed', async () => {
  const { network, pass } = createProbing({ interval: 1 })
  await pass(4500)
  const { asked } = network
  await pass(60_000)
  expect(network.asked).toBe(asked)
})

test.for<[number, string]>([
  [200, 'answered'],
  [302, 'answered'],
  [404, 'answered'],
  [503, 'answered'],
  [522, 'silent'],
  [530, 'silent'],
])(
  'status %i counts as %s: Cloudflare answers 52x for a server that does not answer',
  async ([status, outcome]) => {
    const fetch = async () => new Response(null, { status })
    expect((await probe('http://relay.example.org:8000', fetch, undefined)).outcome).toBe(outcome)
  },
)

test('a resolver that is down says nothing about a server', async () => {
  const lookup = async () => {
    throw Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' })
  }
  expect(await probe('http://relay.example.org', async () => new Response(), lookup)).toEqual({
    outcome: 'untold',
  })
})

test('a name that resolves to an internal address is not probed, one without an address is silent', async () => {
  let asked = 0
  const fetch = async () => {
    asked++
    return new Response()
  }
  const lookup = async (host: string) => {
    if (host === 'gone.example.org') throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    return host === 'inner.example.org' ? ['192.0.2.1', '10.0.0.1'] : ['192.0.2.1']
  }
  expect((await probe('http://inner.example.org:8000', fetch, lookup)).outcome).toBe('inside')
  expect((await probe('http://gone.example.org:8000', fetch, lookup)).outcome).toBe('silent')
  expect(asked).toBe(0)
  expect((await probe('http://relay.example.org:8000', fetch, lookup)).outcome).toBe('answered')
  expect(asked).toBe(1)
})

test('probes of twice as many servers that answer take twice the work: none goes through all others', async () => {
  const lookUpsOf = async (servers: number) => {
    const registry = new Registry(undefined, 100, 0)
    for (let i = 0; i < servers; i++) {
      const sent = reportOf(`s${i}`, { interval: 3600 })
      registry.put(sent, printSourcelist(sent), 0)
    }
    let nowMs = 0
    const fetch = async () => new Response(null)
    const prober = createProber({ registry, fetch, nowMs: () => nowMs, atOnce: 4, lookup: undefined })
    const lookUps = vi.spyOn(registry.view.servers as Map<string, unknown>, 'has')
    onTestFinished(() => lookUps.mockRestore())
    for (; nowMs < 20_000; nowMs += 500) await prober.run()
    return lookUps.mock.calls.length
  }
  const few = await lookUpsOf(100)
  expect(few).toBeGreaterThan(100)
  expect((await lookUpsOf(200)) / few).toBeLessThan(2.2)
})
