import { describe, expect, test } from 'vitest'
import { createEdge } from '../../../edge/app.ts'
import { parseConfig } from '../../../edge/config.ts'
import { type Cluster, localCluster } from '../../../shared/api/cluster.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { StoreError } from '../../../shared/cluster/store-error.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { reportOf } from '../../kit/parts/reports.ts'

/** An edge with these settings and reports, and a function to ask it, by http or https. */
function edgeWith(env: Record<string, string>, reports: Report[], over: Partial<Cluster> = {}) {
  const config = parseConfig({ RELAY_PASSWORD: 'relay-secret', ADMIN_PASSWORD: 'admin-secret', ...env })
  const registry = new Registry(undefined, config.maxListenersDefault, 0)
  for (const report of reports) registry.put(report, printSourcelist(report), 0)
  const edge = createEdge({
    config,
    cluster: { ...localCluster(registry, config.accounts, () => 0), ...over },
    nowMs: () => 0,
    roll: () => 0.5,
    redirected: (server) => server.debit++,
    carrying: { fetch, bytesMax: 0 },
    startedAtMs: 0,
  })
  return async (path: string, secure = false, headers: Record<string, string> = {}) => {
    const facts = { address: undefined, secure, base: 'http://edge.example' }
    return edge.answer(new Request(`http://edge.example${path}`, { headers }), facts)
  }
}
const locationOf = async (answer: Promise<Response>) => (await answer).headers.get('location')

const full = reportOf('full', { listeners: 100 })

describe('when no server has room', () => {
  test('the last resort is used unchanged', async () => {
    const ask = edgeWith({ LAST_RESORT_URL: 'http://last.example/sorry.mp3?a=b' }, [full])
    expect(await locationOf(ask('/live.mp3?token=1'))).toBe('http://last.example/sorry.mp3?a=b')
    const bare = edgeWith({ LAST_RESORT_URL: 'http://last.example' }, [full])
    expect(await locationOf(bare('/live.mp3?token=1'))).toBe('http://last.example')
  })

  test('a last resort that ends in / is a base for mount and query, its x marked as spent', async () => {
    const ask = edgeWith({ LAST_RESORT_URL: 'http://last.example/base/' }, [full])
    expect(await locationOf(ask('/live.mp3?token=1'))).toBe('http://last.example/base/live.mp3?token=1')
    expect(await locationOf(ask('/live.mp3?x=full'))).toBe('http://last.example/base/live.mp3?x=-')
  })

  test('a mount that no server reported is still 404', async () => {
    const ask = edgeWith({ LAST_RESORT_URL: 'http://last.example/' }, [full])
    expect((await ask('/unknown.mp3')).status).toBe(404)
  })
})

describe('an https listener', () => {
  const http = reportOf('http')
  const https = reportOf('https', { urls: ['http://both.example', 'https://both.example'], maxListeners: 1 })

  test('is drawn among servers with an https url, however small', async () =>
    expect(await locationOf(edgeWith({}, [http, https])('/live.mp3', true))).toBe(
      'https://both.example/live.mp3',
    ))

  test('goes to an http server only if none of those is eligible', async () => {
    const ask = edgeWith({}, [http, { ...https, listeners: 1 }])
    expect(await locationOf(ask('/live.mp3', true))).toBe('http://http.example.org:8000/live.mp3')
  })

  test('gets 503 instead with HTTPS_ONLY=1', async () => {
    const ask = edgeWith({ HTTPS_ONLY: '1' }, [http, { ...https, listeners: 1 }])
    expect((await ask('/live.mp3', true)).status).toBe(503)
    expect((await ask('/live.mp3')).status, 'an http listener is not concerned').toBe(302)
  })

  test('is the only one that gets an https url from a server that has both', async () =>
    expect(await locationOf(edgeWith({}, [https])('/live.mp3'))).toBe('http://both.example/live.mp3'))
})

describe('when the store cannot be reached', () => {
  const away = () => Promise.reject(new Error('the object is away'))

  test('a listener gets 503 with Retry-After', async () => {
    const answer = await edgeWith({}, [], { current: away })('/live.mp3')
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('10')
  })

  test('/healthz is 503, whether it throws or rejects', async () => {
    const broken = () => {
      throw new Error('disk I/O error')
    }
    for (const check of [away, broken])
      expect((await edgeWith({}, [], { check })('/healthz')).status).toBe(503)
    expect((await edgeWith({}, [])('/healthz')).status).toBe(200)
  })
})

describe.each([
  ['the store cannot be reached', { current: () => Promise.reject(new StoreError('away', 'it is gone')) }],
  ['the store is empty', {}],
] as [string, Partial<Cluster>][])('when %s', (_, over) => {
  const lost = edgeWith({ LAST_RESORT_URL: 'http://last.example/base/' }, [], over)

  test('listeners go to the last resort', async () => {
    expect(await locationOf(lost('/live.mp3?token=1'))).toBe('http://last.example/base/live.mp3?token=1')
    const fixed = edgeWith({ LAST_RESORT_URL: 'http://last.example/sorry' }, [], over)
    expect(await locationOf(fixed('/live.mp3'))).toBe('http://last.example/sorry')
  })

  test('a playlist names the edge alone, by which its player comes back', async () => {
    const answer = await lost('/live.mp3.m3u')
    expect(answer.status).toBe(200)
    const urls = (await answer.text()).split('\n').filter((line) => line.startsWith('http'))
    expect(urls.map((url) => url.trim())).toEqual(['http://edge.example/live.mp3'])
  })

  test('a relay is not sent there: it waits for its master', async () => {
    for (const headers of [
      { 'User-Agent': 'Icecast 2.4.4' },
      { Authorization: `Basic ${btoa('relay:relay-secret')}` },
    ] as Record<string, string>[]) {
      const answer = await lost('/live.mp3', false, headers)
      expect([404, 503]).toContain(answer.status)
    }
  })
})

test('when the store cannot be reached, every path that needs it is answered 503 with Retry-After, not 500', async () => {
  const current = () => Promise.reject(new StoreError('away', 'it is gone'))
  const ask = edgeWith({}, [], { current, fresh: current })
  const admin = { Authorization: `Basic ${btoa('admin:admin-secret')}` }
  const relay = { Authorization: `Basic ${btoa('relay:relay-secret')}` }
  for (const [path, headers] of [
    ['/status-json.xsl', {}],
    ['/', {}],
    ['/now', {}],
    ['/live.mp3', {}],
    ['/metrics', admin],
    ['/api/servers', admin],
    ['/admin/streamlist.txt', relay],
  ] as [string, Record<string, string>][]) {
    const answer = await ask(path, false, headers)
    expect([path, answer.status]).toEqual([path, 503])
    expect(Number(answer.headers.get('retry-after')), path).toBeGreaterThan(0)
  }
})
