import { describe, expect, test } from 'vitest'
import { createPoller, type Fetch, poll } from '../../../edge/outreach/poller.ts'
import { acceptPolled } from '../../../shared/api/accept-polled.ts'
import { serversJson } from '../../../shared/api/json.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { limits } from '../../../shared/limits.ts'
import { parsePolledServer } from '../../../shared/polled/server.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { told } from '../../kit/base/log-records.ts'
import { reportOf } from '../../kit/parts/reports.ts'

const stats = (listeners: number) =>
  JSON.stringify({
    icestats: { source: { listenurl: 'http://h/live.mp3', listeners, server_type: 'audio/mpeg' } },
  })
const named = (over: object = {}) =>
  JSON.stringify({ id: 'old', url: 'http://old.example.org:8000', maxListeners: 100, ...over })

interface Asked {
  url: string
  init: RequestInit
}

/** A poller over a registry and a network with given answers. */
function createPolling(answer: () => Response | Promise<Response>) {
  const registry = new Registry(undefined, 100, 0)
  const clock = { nowMs: 0 }
  const asked: Asked[] = []
  const fetch: Fetch = async (url, init) => {
    asked.push({ url, init })
    return answer()
  }
  const poller = createPoller({ registry, fetch, nowMs: () => clock.nowMs, atOnce: 4 })
  const out = () => serversJson(registry.view, clock.nowMs)[0]?.out
  /** Runs the poller every half second for a while; returns when it polled, in ms. */
  const pass = async (ms: number) => {
    const times: number[] = []
    for (const endMs = clock.nowMs + ms; clock.nowMs < endMs; clock.nowMs += 500) {
      const before = asked.length
      await poller.run()
      for (let i = before; i < asked.length; i++) times.push(clock.nowMs)
    }
    return times
  }
  return { registry, clock, asked, poller, out, pass }
}

describe('a polled server', () => {
  test('is polled at once and at its interval, and its stats become its report', async () => {
    let listeners = 3
    const { registry, pass } = createPolling(() => new Response(stats(listeners++)))
    acceptPolled(registry, named(), 0)
    expect(await pass(25_000)).toEqual([0, 10_000, 20_000])
    expect(registry.view.servers.get('old')).toMatchObject({
      polled: true,
      receivedAtMs: 20_000,
      report: { listeners: 5, maxListeners: 100, mounts: [{ mount: '/live.mp3' }] },
    })
  })

  test('is polled at once when it was changed', async () => {
    const { registry, asked, pass } = createPolling(() => new Response(stats(1)))
    acceptPolled(registry, named({ interval: 3600 }), 0)
    await pass(1000)
    acceptPolled(registry, named({ interval: 3600, url: 'http://new.example.org' }), 1000)
    expect(await pass(1000)).toEqual([1000])
    expect(asked.map(({ url }) => url)).toEqual([
      'http://old.example.org:8000/status-json.xsl',
      'http://new.example.org/status-json.xsl',
    ])
  })

  test.for<[string, () => Response | Promise<Response>]>([
    ['does not answer', () => Promise.reject(new Error('refused'))],
    ['answers 404', () => new Response(stats(1), { status: 404 })],
    ['redirects', () => new Response(null, { status: 302, headers: { Location: 'http://elsewhere/' } })],
    ['answers something else', () => new Response('<html>')],
    ['answers without end', () => new Response('x'.repeat(limits.statsBytesMax + 1))],
  ])('S10: that %s is stale at its deadline, and returns once it can be polled', async ([, bad]) => {
    let isBad = false
    const { registry, clock, out, pass } = createPolling(() => (isBad ? bad() : new Response(stats(1))))
    acceptPolled(registry, named(), 0)
    await pass(1000)
    isBad = true
    await pass(26_000)
    expect(clock.nowMs).toBe(27_000)
    expect(out()).toBe('no mounts') // live: no master carries what it does
    await pass(500)
    expect(out()).toBe('stale')
    isBad = false
    await pass(60_000)
    expect(out()).toBe('no mounts')
  })

  test('that cannot be polled is asked less and less often, down to every 30 s', async () => {
    const { registry, pass } = createPolling(() => Promise.reject(new Error('refused')))
    acceptPolled(registry, named({ interval: 5 }), 0)
    expect(await pass(110_000)).toEqual([0, 5000, 10_000, 20_000, 40_000, 70_000, 100_000])
  })

  test('is in the log once when its stats cannot be read, with the reason in plain words, and once when they can again', async () => {
    const failing = (): Response => {
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND old.example.org') })
    }
    let answer = failing
    const { registry, pass } = createPolling(() => answer())
    acceptPolled(registry, named(), 0)
    const records = await told(async () => {
      await pass(15_000)
      answer = () => new Response(stats(1))
      await pass(60_000)
    })
    expect(records.filter(({ message }) => message.startsWith('poll '))).toEqual([
      { message: 'poll failed', id: 'old', why: 'its name has no address' },
      { message: 'poll succeeded again', id: 'old' },
    ])
  })

  test('that reports itself is not polled until it stops reporting', async () => {
    const { registry, clock, pass } = createPolling(() => new Response(stats(1)))
    acceptPolled(registry, named(), 0)
    await pass(1000)
    const own = reportOf('old')
    registry.put(own, printSourcelist(own), clock.nowMs)
    expect(await pass(20_000)).toEqual([])
    expect(registry.view.servers.get('old')?.polled).toBe(false)
    await pass(20_000)
    expect(registry.view.servers.get('old')?.polled).toBe(true)
  })

  test('that is deleted during a poll stays deleted', async () => {
    let answer = (_: Response) => {}
    const asked = new Promise<Response>((resolve) => {
      answer = resolve
    })
    const { registry, poller } = createPolling(() => asked)
    acceptPolled(registry, named(), 0)
    const running = poller.run()
    registry.forget('old')
    answer(new Response(stats(1)))
    await running
    expect(registry.view.servers.size).toBe(0)
  })
})

describe('the request of a poll', () => {
  const ask = async (over: object) => {
    const asked: Asked[] = []
    const body = 'kind' in over ? '<icestats><listeners>4</listeners></icestats>' : stats(4)
    const report = await poll(parsePolledServer(named(over)), async (url, init) => {
      asked.push({ url, init })
      return new Response(body)
    })
    expect(report.listeners).toBe(4)
    return { url: asked[0]?.url, init: asked[0]?.init, headers: new Headers(asked[0]?.init.headers) }
  }

  test('to a stock Icecast: the public stats, without a login, and without following redirects', async () => {
    const { url, init, headers } = await ask({})
    expect(url).toBe('http://old.example.org:8000/status-json.xsl')
    expect(headers.has('authorization')).toBe(false)
    expect(init?.redirect).toBe('manual')
    expect(init?.signal).toBeInstanceOf(AbortSignal)
  })

  test('to a server behind a path of a proxy: its stats below that path', async () => {
    expect((await ask({ url: 'https://azura.example/radio/8000' })).url).toBe(
      'https://azura.example/radio/8000/status-json.xsl',
    )
  })

  test("of an icecast-kh: the XML stats, with its admin's login", async () => {
    const { url, headers } = await ask({ kind: 'xml', password: 'hackme' })
    expect(url).toBe('http://old.example.org:8000/admin/stats')
    expect(headers.get('authorization')).toBe(`Basic ${btoa('admin:hackme')}`)
  })

  test('S11: has a User-Agent that Icecast does not count as a relay', async () => {
    expect((await ask({})).headers.get('user-agent')).toMatch(/^distributary\//)
  })
})
