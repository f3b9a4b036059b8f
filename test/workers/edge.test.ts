import { evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { afterEach, expect, test } from 'vitest'
import { createEdge } from '../../edge/app.ts'
import { parseConfig } from '../../edge/config.ts'
import { RemoteCluster } from '../../edge/workers/remote-cluster.ts'
import type { ClusterEvent } from '../../shared/cluster/watch/event.ts'
import { printBasic } from '../../shared/http/credentials.ts'
import type { Report } from '../../shared/report/report.ts'
import { printSourcelist } from '../../shared/report/sourcelist.ts'
import { serversIn } from '../kit/parts/news.ts'
import { mountReport, reportOf } from '../kit/parts/reports.ts'

const relay = { user: 'relay', password: 'relay-secret' }
const admin = { user: 'admin', password: 'admin-secret' }
const object = () => env.CLUSTER.getByName('cluster')

afterEach(() => reset())

const ask = (path: string, init: RequestInit = {}) =>
  exports.default.fetch(new Request(`http://edge.example${path}`, { redirect: 'manual', ...init }))

async function report(sent: Report): Promise<Response> {
  const answer = await ask('/admin/sourcelist.txt', {
    method: 'POST',
    headers: { Authorization: printBasic(relay), 'Content-Type': 'text/plain' },
    body: printSourcelist(sent),
  })
  expect(answer.status, await answer.clone().text()).toBe(200)
  return answer
}

const nothing = { deltas: [], counted: [] }

/** An isolate that starts now, over the same object: it has no snapshot yet. */
function newIsolate() {
  const config = parseConfig({ ...env })
  const deferred: Promise<unknown>[] = []
  const sleeping: (() => void)[] = []
  const cluster = new RemoteCluster({
    stub: () => ({
      exchange: (sent, have) => object().exchange(sent, have),
      accept: () => Promise.reject(new Error('no report is sent through it')),
      acceptBy: () => Promise.reject(new Error('no report is sent through it')),
      register: (registration) => object().register(registration),
      addPolled: (body) => object().addPolled(body),
      setDrain: (id, drained, by) => object().setDrain(id, drained, by),
      forget: (id, by) => object().forget(id, by),
      wrongLogin: (login) => object().wrongLogin(login),
      history: (query) => object().history(query),
      plays: (query) => object().plays(query),
      seen: () => object().seen(),
      events: async () => (await object().events()) as readonly ClusterEvent[],
      check: () => object().check(),
    }),
    nowMs: Date.now,
    roll: () => 0,
    sleep: () => new Promise<void>((wake) => sleeping.push(wake)),
    defer: (work) => deferred.push(work),
    maxListenersDefault: config.maxListenersDefault,
  })
  const edge = createEdge({
    config,
    cluster,
    nowMs: Date.now,
    roll: Math.random,
    redirected: (server, kbps) => cluster.redirected(server, kbps),
    carrying: { fetch, bytesMax: 0 },
    startedAtMs: 0,
  })
  const facts = { address: undefined, secure: false, base: undefined }
  return {
    ask: async (path: string, method = 'GET', headers: Record<string, string> = {}) =>
      edge.answer(new Request(`http://edge.example${path}`, { method, headers }), facts),
    /** Wakes all work that sleeps, and waits for it. */
    async flush() {
      for (const wake of sleeping.splice(0)) wake()
      await Promise.all(deferred)
    },
  }
}

test('S2: a listener is redirected to a server that reported, at once by the isolate that received the report', async () => {
  expect(await (await report(reportOf('a', { mounts: [mountReport('/at-once.mp3')] }))).text()).toContain(
    'edge http://edge.example\n',
  )
  const answer = await ask('/at-once.mp3')
  expect(answer.status).toBe(302)
  expect(answer.headers.get('location')).toBe('http://a.example.org:8000/at-once.mp3')
})

test('an object that was evicted answers from the reports and drains that it had before', async () => {
  await report(reportOf('evicted'))
  await report(reportOf('evicted-too', { listeners: 7 }))
  await ask('/api/servers/evicted-too/drain', {
    method: 'POST',
    headers: { Authorization: printBasic(admin) },
  })
  const servers = async () => {
    const answer = await ask('/api/servers', { headers: { Authorization: printBasic(admin) } })
    const all = (await answer.json()) as Record<string, unknown>[]
    return all.map(({ ageSeconds: _, ...rest }) => rest)
  }
  const before = await servers()
  expect(before).toMatchObject([
    { id: 'evicted', out: null },
    { id: 'evicted-too', listeners: 7, out: 'drained' },
  ])
  const { epoch, change } = await object().exchange(nothing, undefined)
  await evictDurableObject(object())
  const news = await object().exchange(nothing, { epoch, change })
  expect(news.after, 'its versions are of another life').toBe(0)
  expect(await servers()).toEqual(before)
})

test('the first request of a new isolate at an evicted object is a 302', async () => {
  await report(reportOf('kept', { mounts: [mountReport('/kept.mp3')] }))
  await evictDurableObject(object())
  const answer = await newIsolate().ask('/kept.mp3')
  expect(answer.status).toBe(302)
  expect(answer.headers.get('location')).toBe('http://kept.example.org:8000/kept.mp3')
})

test('S9: redirects of all isolates add up in the object, and in the news for each isolate', async () => {
  await report(reportOf('shared'))
  const isolates = [newIsolate(), newIsolate()]
  for (const isolate of isolates)
    for (let i = 0; i < 10; i++) expect((await isolate.ask('/live.mp3')).status).toBe(302)
  for (const isolate of isolates) await isolate.flush()
  expect(serversIn([await object().exchange(nothing, undefined)])).toMatchObject([
    { debit: 20, debitKbps: 0 },
  ])
})

test('each server is stored as one row, with its mounts inside', async () => {
  await report(reportOf('a', { mounts: ['/1', '/2', '/3'].map((path) => mountReport(path)) }))
  await report(reportOf('a', { mounts: ['/1', '/2'].map((path) => mountReport(path)) }))
  const rows = await runInDurableObject(object(), (_, state) =>
    state.storage.sql.exec('SELECT id FROM server').toArray(),
  )
  expect(rows).toEqual([{ id: 'a' }])
})

test('the alarm is set by a report, and set again while there is anything to remove', async () => {
  await report(reportOf('a'))
  expect(await runDurableObjectAlarm(object())).toBe(true)
  const next = await runInDurableObject(object(), (_, state) => state.storage.getAlarm())
  expect(next).toBeGreaterThan(Date.now())
  await object().forget('a')
  expect(await runDurableObjectAlarm(object())).toBe(true)
  expect(await runInDurableObject(object(), (_, state) => state.storage.getAlarm())).toBeNull()
})

test('/healthz reads the object', async () => {
  expect((await ask('/healthz')).status).toBe(200)
})

test('the stats say when this isolate began, not 1970', async () => {
  const { icestats } = (await (await ask('/status-json.xsl')).json()) as {
    icestats: { server_start_iso8601: string }
  }
  expect(Date.parse(icestats.server_start_iso8601.replace('+0000', 'Z'))).toBeGreaterThan(
    Date.now() - 600_000,
  )
})

test('two isolates scraped in turn give one rising counter, and one history', async () => {
  await report(reportOf('counted', { mounts: [mountReport('/counted.mp3', { listeners: 3 })], listeners: 3 }))
  const login = { Authorization: printBasic(admin) }
  const isolates = [newIsolate(), newIsolate()]
  const scraped: number[] = []
  for (let i = 0; i < 6; i++) {
    const isolate = isolates[i % 2]
    if (!isolate) throw new Error('no isolate')
    expect((await isolate.ask('/counted.mp3')).status).toBe(302)
    const text = await (await isolate.ask('/metrics', 'GET', login)).text()
    scraped.push(Number(/answers_total\{answer="redirect"\} (\d+)/.exec(text)?.[1]))
  }
  expect(scraped).toEqual([1, 2, 3, 4, 5, 6])
  const histories = await Promise.all(
    isolates.map(async ({ ask: of }) => (await of('/api/history?mount=/counted.mp3', 'GET', login)).json()),
  )
  for (const history of histories) expect(history).toMatchObject({ rows: [{ listenersPeak: 3 }] })
})

test('a minute of history is two written rows, however many mounts and servers there are', async () => {
  for (let i = 0; i < 5; i++)
    await report(
      reportOf(`s${i}`, { mounts: ['/1', '/2', '/3'].map((mount) => mountReport(mount, { listeners: 1 })) }),
    )
  const counts = await runInDurableObject(object(), (_, { storage: { sql } }) => {
    const series = JSON.stringify(
      Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`/${i}`, [60, 1]])),
    )
    const minute = (n: number) =>
      sql.exec(
        'INSERT OR REPLACE INTO history_minute (slot, n, bucket, span, total, mounts, servers) VALUES (0, ?, 1, 60, ?, ?, ?)',
        n,
        '[60,1]',
        series,
        series,
      )
    const state = () => sql.exec("INSERT OR REPLACE INTO history_state (k, until, open) VALUES (1, 1, '[]')")
    const written = (cursor: { rowsWritten: number; toArray(): unknown }) => {
      cursor.toArray()
      return cursor.rowsWritten
    }
    return [1, 2].map((n) => written(minute(n)) + written(state()))
  })
  expect(counts, 'new, and in place of the oldest').toEqual([2, 2])
})
