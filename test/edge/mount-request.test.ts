import { describe, expect, test } from 'vitest'
import { createEdge } from '../../edge/app.ts'
import { parseConfig } from '../../edge/config.ts'
import { type Cluster, localCluster } from '../../shared/cluster.ts'
import { Registry } from '../../shared/registry.ts'
import type { Report } from '../../shared/report.ts'
import { printSourcelist } from '../../shared/sourcelist.ts'
import { reportOf } from '../kit/reports.ts'

/** An edge with these settings and reports, and a way to ask it as from http or https. */
function edgeWith(env: Record<string, string>, reports: Report[], over: Partial<Cluster> = {}) {
  const config = parseConfig({ RELAY_PASSWORD: 'relay-secret', ADMIN_PASSWORD: 'admin-secret', ...env })
  const registry = new Registry(undefined, config.maxListenersDefault, 0)
  for (const report of reports) registry.put(report, printSourcelist(report), 0)
  const edge = createEdge({
    config,
    cluster: { ...localCluster(registry, config.access, () => 0), ...over },
    nowMs: () => 0,
    roll: () => 0.5,
    redirected: (server) => server.debit++,
    startedAtMs: 0,
  })
  return async (path: string, secure = false) =>
    edge.fetch(new Request(`http://edge.example${path}`), { address: undefined, secure, base: undefined })
}
const locationOf = async (answer: Promise<Response>) => (await answer).headers.get('location')

const full = reportOf('full', { listeners: 100 })

describe('where no server has room', () => {
  test('the last resort is used as it is', async () => {
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

  test('a mount that nobody reported is 404 all the same', async () => {
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

  test('goes to an http server only where none of those is eligible', async () => {
    const ask = edgeWith({}, [http, { ...https, listeners: 1 }])
    expect(await locationOf(ask('/live.mp3', true))).toBe('http://http.example.org:8000/live.mp3')
  })

  test('is told 503 in place of that with HTTPS_ONLY=1', async () => {
    const ask = edgeWith({ HTTPS_ONLY: '1' }, [http, { ...https, listeners: 1 }])
    expect((await ask('/live.mp3', true)).status).toBe(503)
    expect((await ask('/live.mp3')).status, 'an http listener is not concerned').toBe(302)
  })

  test('is the only one that gets an https url where both are there', async () =>
    expect(await locationOf(edgeWith({}, [https])('/live.mp3'))).toBe('http://both.example/live.mp3'))
})

describe('where the store cannot be reached', () => {
  const away = () => Promise.reject(new Error('the object is away'))

  test('a listener is told when to come back', async () => {
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
