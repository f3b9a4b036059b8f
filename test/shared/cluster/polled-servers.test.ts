import { describe, expect, test } from 'vitest'
import { acceptPolled, putPolled } from '../../../shared/api/accept-polled.ts'
import { mountsJson, serversJson } from '../../../shared/api/json.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { ServerTable, type Sql } from '../../../shared/cluster/server-table.ts'
import { decide } from '../../../shared/draw/decide.ts'
import { limits } from '../../../shared/limits.ts'
import { emptyReport } from '../../../shared/polled/report.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { mountOf, mountReport, reportOf } from '../../kit/parts/reports.ts'

const body = (over: object = {}) =>
  JSON.stringify({ id: 'old', url: 'http://old.example.org:8000', maxListeners: 100, ...over })
const create = (sql?: Sql) => new Registry(sql && new ServerTable(sql), 100, 0)
const post = (registry: Registry, report: Report, nowMs = 0) =>
  registry.put(report, printSourcelist(report), nowMs)
const live = mountReport('/live.mp3')
const drawn = (registry: Registry, nowMs: number) => {
  const asked = { mount: mountOf('/live.mp3'), secure: false, relay: false }
  const decision = decide(registry.view, asked, nowMs, () => 0.5, { httpsOnly: false })
  return typeof decision === 'string' ? decision : decision.server.report.id
}

/** A polled server whose stats show /live.mp3, at a given time. */
function polledAt(registry: Registry, nowMs: number): void {
  const server = registry.polled.servers.get('old')
  if (!server) throw new Error('old is not polled')
  putPolled(registry, { ...emptyReport(server), mounts: [live] }, nowMs)
}

describe('a server that an operator names to be polled', () => {
  test('is known at once, and carries nothing until its stats are read', () => {
    const registry = create()
    expect(acceptPolled(registry, body(), 0)).toEqual({ status: 201, id: 'old' })
    expect(serversJson(registry.view, 0)).toMatchObject([
      { id: 'old', polled: true, maxListeners: 100, mounts: [], out: 'no mounts' },
    ])
  })

  test('is changed by being named again, including its url', () => {
    const registry = create()
    acceptPolled(registry, body(), 0)
    polledAt(registry, 1000)
    const again = body({ url: 'http://new.example.org:8000', maxListeners: 7 })
    expect(acceptPolled(registry, again, 2000)).toEqual({ status: 200, id: 'old' })
    expect(serversJson(registry.view, 2000)).toMatchObject([
      { urls: ['http://new.example.org:8000'], maxListeners: 7 },
    ])
  })

  test('is known after a restart, with its last stats', () => {
    const sql = memorySql()
    const before = create(sql)
    acceptPolled(before, body(), 0)
    polledAt(before, 1000)
    const after = new Registry(new ServerTable(sql), 100, 2000)
    expect([...after.polled.servers.keys()]).toEqual(['old'])
    expect(after.view.servers.get('old')).toMatchObject({ polled: true, report: { mounts: [live] } })
  })

  test('is gone for good once deleted, whether its stats were read or not', () => {
    const sql = memorySql()
    const registry = create(sql)
    acceptPolled(registry, body(), 0)
    expect(registry.forget('old')).toBe(true)
    expect(registry.forget('old')).toBe(false)
    expect(create(sql).polled.servers.size + create(sql).view.servers.size).toBe(0)
  })

  test('is not forgotten after a day of being stale, since its operator named it', () => {
    const registry = create()
    acceptPolled(registry, body(), 0)
    expect(registry.prune(limits.serverMemoryMs * 2)).toEqual([])
    expect(serversJson(registry.view, limits.serverMemoryMs * 2)).toMatchObject([{ out: 'stale' }])
  })

  test('may begin to report by itself at the same url', () => {
    const registry = create()
    acceptPolled(registry, body(), 0)
    expect(post(registry, reportOf('old'), 1000)).toBeUndefined()
    expect(registry.view.servers.get('old')?.polled).toBe(false)
  })
})

test('a table from before polled servers is migrated, and keeps its data', () => {
  const sql = memorySql()
  sql.all('CREATE TABLE meta (k TEXT PRIMARY KEY, v INTEGER NOT NULL) WITHOUT ROWID')
  sql.all("INSERT INTO meta VALUES ('schema', 3)")
  sql.all(`CREATE TABLE server (id TEXT PRIMARY KEY, at INTEGER NOT NULL, sourcelist TEXT NOT NULL, carries_all INTEGER NOT NULL,
    former_boots TEXT NOT NULL, former_mounts TEXT NOT NULL) WITHOUT ROWID`)
  sql.all('CREATE TABLE drain (id TEXT PRIMARY KEY) WITHOUT ROWID')
  sql.all("INSERT INTO server VALUES ('s1', 5, ?, 0, '[]', '[]')", printSourcelist(reportOf('s1')))
  const registry = create(sql)
  expect(registry.view.servers.get('s1')).toMatchObject({ polled: false })
  expect(acceptPolled(registry, body(), 0)).toMatchObject({ status: 201 })
})

describe('S6: the mounts of a polled server count only where a live master carries them', () => {
  const master = (over: Partial<Report> = {}) => reportOf('m', { role: 'master', maxListeners: 0, ...over })

  test('it gets listeners with the master, and none without', () => {
    const registry = create()
    acceptPolled(registry, body({ interval: 3600 }), 0)
    polledAt(registry, 0)
    expect(drawn(registry, 0)).toBe('unknown mount')
    post(registry, master())
    expect(drawn(registry, 0)).toBe('old')
    expect(drawn(registry, 27_001)).toBe('no room') // the master is stale
    post(registry, master({ boot: 'b2' }), 30_000)
    expect(drawn(registry, 30_000)).toBe('old')
    post(registry, master({ boot: 'b2', mounts: [] }), 31_000)
    expect(drawn(registry, 31_000)).toBe('no room')
    expect(drawn(registry, 31_000 + limits.mountMemoryMs)).toBe('unknown mount')
  })

  test('the API shows mounts, carriers and sums accordingly', () => {
    const registry = create()
    acceptPolled(registry, body(), 0)
    polledAt(registry, 0)
    expect(serversJson(registry.view, 0)).toMatchObject([{ mounts: [], out: 'no mounts' }])
    expect(mountsJson(registry.view, 0)).toEqual([])
    post(registry, master())
    expect(serversJson(registry.view, 0)).toMatchObject([
      { id: 'm' },
      { id: 'old', mounts: ['/live.mp3'], out: null },
    ])
    expect(mountsJson(registry.view, 0)).toMatchObject([{ mount: '/live.mp3', servers: ['m', 'old'] }])
  })

  test('S10: one whose stats are no longer read gets no listener after its deadline', () => {
    const registry = create()
    post(registry, master({ interval: 3600 }))
    acceptPolled(registry, body({ interval: 2 }), 0)
    polledAt(registry, 0)
    expect(drawn(registry, 7000)).toBe('old')
    expect(drawn(registry, 7001)).toBe('no room')
  })
})

describe('PROBE: a server that answers no connection', () => {
  test('gets no listener until it answers again, and the API says why', () => {
    const registry = create()
    post(registry, reportOf('s1'))
    expect(drawn(registry, 0)).toBe('s1')
    registry.setProbed('s1', { url: 'http://x.example', problem: 'connection refused' })
    expect(drawn(registry, 0)).toBe('no room')
    expect(serversJson(registry.view, 0)).toMatchObject([{ out: 'unreachable' }])
    registry.setProbed('s1', { url: 'http://x.example', problem: undefined })
    expect(drawn(registry, 0)).toBe('s1')
  })

  test('does not come back with its next report, which does not prove that it can be reached', () => {
    const registry = create()
    post(registry, reportOf('s1'))
    registry.setProbed('s1', { url: 'http://x.example', problem: 'connection refused' })
    post(registry, reportOf('s1'), 1000)
    expect(drawn(registry, 1000)).toBe('no room')
  })

  test('keeps the debit of the redirects to it', () => {
    const registry = create()
    post(registry, reportOf('s1'))
    const server = registry.view.servers.get('s1')
    if (server) server.debit = 40
    registry.setProbed('s1', { url: 'http://x.example', problem: 'connection refused' })
    registry.setProbed('s1', { url: 'http://x.example', problem: undefined })
    expect(registry.view.servers.get('s1')?.debit).toBe(40)
  })
})
