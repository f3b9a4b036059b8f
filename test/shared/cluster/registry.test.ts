import { describe, expect, test } from 'vitest'
import { accept, type Post, parseRegistration, register } from '../../../shared/api/accept.ts'
import type { Accounts } from '../../../shared/api/auth.ts'
import { serversJson } from '../../../shared/api/json.ts'
import { printStreamList } from '../../../shared/api/print-stream-list.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { ServerTable, type Sql } from '../../../shared/cluster/server-table.ts'
import { decide } from '../../../shared/draw/decide.ts'
import type { Report } from '../../../shared/report/report.ts'
import type { ReporterIdentity } from '../../../shared/report/reporter.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { mountOf, mountReport, reportOf } from '../../kit/parts/reports.ts'

const accounts: Accounts = {
  relayUser: 'relay',
  relayPasswords: ['secret'],
  adminUser: 'admin',
  adminPassword: 'admin-secret',
  masterPassword: undefined,
  relays: new Map([['own', { password: 'own-secret', role: 'slave' }]]),
}
const relay: ReporterIdentity = { kind: 'relay' }
const open = (sql: Sql, nowMs = 0) => new Registry(new ServerTable(sql), 100, nowMs)
const post = (report: Report, over: Partial<Post> = {}): Post => ({
  sourcelist: printSourcelist(report),
  reporter: relay,
  remote: undefined,
  edgeUrls: ['http://edge.example'],
  ...over,
})
const rowsOf = (sql: Sql) => sql.all('SELECT * FROM server ORDER BY id')
const goesTo = (registry: Registry, nowMs: number) => {
  const asked = { mount: mountOf('/live.mp3'), secure: false, relay: false }
  const decision = decide(registry.view, asked, nowMs, () => 0, { httpsOnly: false })
  return typeof decision === 'string' ? decision : decision.server.report.id
}

describe('S9: a report that is accepted', () => {
  test('is answered with its mounts, the wish, its state and the edge', () => {
    const registry = open(memorySql())
    expect(accept(registry, accounts, post(reportOf('a')), 0)).toEqual({
      status: 200,
      text: 'accepted 1\ninterval 10\nstate up\nedge http://edge.example\n',
      id: 'a',
    })
    expect(accept(registry, accounts, post(reportOf('b'), { edgeUrls: [] }), 0).text).not.toContain('edge')
  })

  test('resets the count of new listeners', () => {
    const registry = open(memorySql())
    accept(registry, accounts, post(reportOf('a')), 0)
    const [server] = registry.view.servers.values()
    if (server) server.debit = 40
    expect(serversJson(registry.view, 0)[0]?.free).toBe(60)
    accept(registry, accounts, post(reportOf('a', { listeners: 30 })), 1_000)
    expect(serversJson(registry.view, 1_000)[0]).toMatchObject({ free: 70, listeners: 30, out: null })
  })

  test('survives the death of the process: what was answered 200 is there, and so is a drain', () => {
    const sql = memorySql()
    const before = open(sql)
    accept(before, accounts, post(reportOf('a', { boot: 'b1', seq: 5 })), 5_000)
    accept(before, accounts, post(reportOf('b')), 6_000)
    expect(before.setDrain('b', true)).toBe(true)
    const after = open(sql, 7_000)
    expect(goesTo(after, 7_000)).toBe('a')
    expect(serversJson(after.view, 7_000)).toEqual(serversJson(before.view, 7_000))
    expect(accept(after, accounts, post(reportOf('a', { boot: 'b1', seq: 4 })), 8_000).status).toBe(409)
    expect(accept(after, accounts, post(reportOf('b')), 8_000).text).toContain('state draining')
  })

  test('does not stay live forever if the clock was set back during a restart', () => {
    const sql = memorySql()
    accept(open(sql), accounts, post(reportOf('a')), 1_000_000)
    const after = open(sql, 1_000)
    expect(goesTo(after, 1_000 + 27_000)).toBe('a')
    expect(goesTo(after, 1_000 + 27_001)).toBe('no room')
  })
})

describe('a report that is rejected changes nothing', () => {
  const refused = (report: Report, over: Partial<Post>, nowMs = 1_000, given = accounts) => {
    const sql = memorySql()
    const registry = open(sql)
    accept(registry, accounts, post(reportOf('a', { boot: 'b1', seq: 5 })), 0)
    const before = [rowsOf(sql), serversJson(registry.view, nowMs)]
    const answer = accept(registry, given, post(report, over), nowMs)
    expect([rowsOf(sql), serversJson(registry.view, nowMs)]).toEqual(before)
    return `${answer.status} ${answer.text}`
  }

  test('when it is malformed', () => {
    expect(refused(reportOf('a'), { sourcelist: 'url: x\n' })).toMatch(/^400 line 2: expected a blank line/)
  })

  test('when its seq is older than the newest of the same boot', () => {
    expect(refused(reportOf('a', { boot: 'b1', seq: 4 }), {})).toMatch(/^409 seq 4 is older than 5/)
  })

  test('when another live server, with other urls, holds its id', () => {
    const other = reportOf('a', { urls: ['http://elsewhere:8000'] })
    expect(refused(other, {})).toMatch(/^409 id a is held by a live server at http:\/\/a\.example\.org:8000/)
    const registry = open(memorySql())
    accept(registry, accounts, post(reportOf('a')), 0)
    expect(accept(registry, accounts, post(other), 27_001).status, 'once that is stale').toBe(200)
    expect(
      accept(registry, accounts, post(reportOf('a', { ...other, state: 'leaving' })), 28_000).status,
    ).toBe(200)
    expect(accept(registry, accounts, post(reportOf('a')), 28_001).status, 'once that has left').toBe(200)
  })

  test('when its url is loopback and it came from another machine', () => {
    const loopback = reportOf('b', { urls: ['http://b.example', 'http://127.0.0.1:8000'] })
    expect(refused(loopback, { remote: '203.0.113.7' })).toMatch(
      /^400 line 5: url is http:\/\/127\.0\.0\.1:8000, but the report came from 203\.0\.113\.7/,
    )
    expect(accept(open(memorySql()), accounts, post(loopback), 0).status).toBe(200)
  })

  test('when the credentials are not for this role or id', () => {
    const guarded = { ...accounts, masterPassword: 'm' }
    expect(refused(reportOf('b', { role: 'master' }), {}, 1, guarded)).toMatch(/^401 role is "master"/)
    expect(refused(reportOf('own'), {})).toMatch(/^401 id is "own"/)
    expect(refused(reportOf('b'), { reporter: { kind: 'server', id: 'own', role: 'slave' } })).toMatch(
      /^401 id is "b"/,
    )
    const broken = (text: string) => ({ sourcelist: `${text}\nlisteners: many\n` })
    expect(refused(reportOf('b'), broken('role: master'), 1, guarded), 'even if it is malformed too').toMatch(
      /^401 role/,
    )
    expect(refused(reportOf('b'), broken('ID:own\r'))).toMatch(/^401 id is "own"/)
    expect(refused(reportOf('b'), broken('id: b'), 1, guarded)).toMatch(/^400 line/)
    const own = post(reportOf('own'), { reporter: { kind: 'server', id: 'own', role: 'slave' } })
    expect(accept(open(memorySql()), accounts, own, 0).status).toBe(200)
    const master = post(reportOf('b', { role: 'master' }), { reporter: { kind: 'master' } })
    expect(accept(open(memorySql()), guarded, master, 0).status).toBe(200)
  })
})

describe('a credential is bound to a role', () => {
  const send = (report: Partial<Report>, reporter: ReporterIdentity, over: Partial<Accounts> = {}) =>
    accept(open(memorySql()), { ...accounts, ...over }, post(reportOf('own', report), { reporter }), 0).status
  const slave: ReporterIdentity = { kind: 'server', id: 'own', role: 'slave' }
  const master: ReporterIdentity = { kind: 'server', id: 'own', role: 'master' }

  test("a slave's own password cannot report a master, whether masters have a password or not", () => {
    expect(send({ role: 'master' }, slave)).toBe(401)
    expect(send({ role: 'master' }, slave, { masterPassword: 'm' })).toBe(401)
    expect(send({ role: 'slave' }, slave)).toBe(200)
  })

  test("a master's own password can only report that master", () => {
    expect(send({ role: 'master' }, master)).toBe(200)
    expect(send({ role: 'master' }, master, { masterPassword: 'm' })).toBe(200)
    expect(send({ role: 'slave' }, master)).toBe(401)
  })

  test('an id with its own password as a master cannot be reported with any other', () => {
    const relays: Accounts['relays'] = new Map([['own', { password: 'p', role: 'master' }]])
    for (const reporter of [relay, { kind: 'master' } as const])
      expect(send({ role: 'master' }, reporter, { relays, masterPassword: 'm' })).toBe(401)
  })
})

test('a boot that was replaced stays replaced, though it comes with a higher seq', () => {
  const registry = open(memorySql())
  const send = (boot: string | undefined, seq: number) =>
    accept(registry, accounts, post(reportOf('a', { boot, seq })), 0).status
  expect([send('b1', 5), send('b1', 5), send('b2', 1), send('b1', 99), send('b2', 2), send('b3', 1)]).toEqual(
    [200, 200, 200, 409, 200, 200],
  )
  expect([send('b1', 100), send('b2', 100), send('b3', 1)]).toEqual([409, 409, 200])
})

test('reports without boot or seq are accepted in any order', () => {
  const registry = open(memorySql())
  const send = (over: Partial<Report>) => accept(registry, accounts, post(reportOf('a', over)), 0).status
  expect([send({ boot: 'b', seq: 9 }), send({ seq: 1 }), send({ boot: 'b' }), send({})]).toEqual([
    200, 200, 200, 200,
  ])
})

test('S7: a mount that left a report is known for five minutes more, over a restart too', () => {
  const sql = memorySql()
  const registry = open(sql)
  accept(registry, accounts, post(reportOf('a')), 0)
  for (let nowMs = 10_000; nowMs <= 300_000; nowMs += 10_000)
    accept(registry, accounts, post(reportOf('a', { mounts: [] })), nowMs)
  expect(goesTo(open(sql, 300_000), 300_000)).toBe('no room')
  accept(registry, accounts, post(reportOf('a', { mounts: [] })), 300_001)
  expect(goesTo(open(sql, 300_001), 300_001)).toBe('unknown mount')
})

test('the location of a server survives a restart: the reported one, else that of the address that it reported from', () => {
  const sql = memorySql()
  const location = { latitude: 52.5, longitude: 13.4 }
  const own = { latitude: 35.7, longitude: 139.7 }
  const registry = open(sql)
  accept(registry, accounts, post(reportOf('a'), { location }), 0)
  accept(registry, accounts, post(reportOf('b', { location: own }), { location }), 0)
  accept(registry, accounts, post(reportOf('c')), 0)
  for (const { view } of [registry, open(sql)])
    expect([...view.servers.values()].map((server) => server.location)).toEqual([location, own, undefined])
})

test('a stale server is forgotten after a day, its drain is not', () => {
  const sql = memorySql()
  const registry = open(sql)
  accept(registry, accounts, post(reportOf('a')), 0)
  registry.setDrain('a', true)
  expect(registry.prune(24 * 3_600_000)).toEqual([])
  expect(registry.prune(24 * 3_600_000 + 1)).toEqual(['a'])
  expect(rowsOf(sql)).toEqual([])
  expect(accept(registry, accounts, post(reportOf('a')), 25 * 3_600_000).text).toContain('state draining')
})

test('a deleted server is back with its next report; an unknown id cannot be deleted', () => {
  const sql = memorySql()
  const registry = open(sql)
  expect([registry.forget('a'), registry.setDrain('a', true)]).toEqual([false, false])
  accept(registry, accounts, post(reportOf('a')), 0)
  expect(registry.forget('a')).toBe(true)
  expect([rowsOf(sql), goesTo(registry, 0)]).toEqual([[], 'no room'])
  accept(registry, accounts, post(reportOf('a')), 0)
  expect(goesTo(registry, 0)).toBe('a')
})

test('an almost full cluster is asked to report more often, within the capacity of the decider', () => {
  const registry = open(memorySql())
  const wish = (over: Partial<Report>) =>
    /interval (\d+)/.exec(accept(registry, accounts, post(reportOf('a', over)), 0).text)?.[1]
  expect(wish({ listeners: 70 })).toBe('10')
  expect(wish({ listeners: 71 })).toBe('5')
  expect(wish({ listeners: 71, interval: 3 })).toBe('3')
  for (let i = 0; i < 800; i++) registry.put(reportOf(`s${i}`), printSourcelist(reportOf(`s${i}`)), 0)
  expect(wish({ listeners: 71, maxListeners: 71, interval: 30 })).toBe('30')
})

test('joins that come fast shorten the wish, by the joins of the last two reports of one boot', () => {
  const registry = open(memorySql())
  const wish = (joins: number, nowMs: number, boot = 'b') =>
    /interval (\d+)/.exec(accept(registry, accounts, post(reportOf('a', { boot, joins })), nowMs).text)?.[1]
  expect([wish(1000, 0), wish(1009, 10_000), wish(1020, 20_000), wish(1020, 30_000)]).toEqual([
    '10',
    '10',
    '5',
    '10',
  ])
  expect(wish(5000, 40_000, 'c'), 'a new boot starts again at 0').toBe('10')
})

test('a large cluster is summed once a second, not once for each report', () => {
  const registry = open(memorySql())
  for (let i = 0; i < 200; i++) registry.put(reportOf(`s${i}`), printSourcelist(reportOf(`s${i}`)), 0)
  const wish = (listeners: number, nowMs: number) =>
    /interval (\d+)/.exec(
      accept(registry, accounts, post(reportOf('big', { maxListeners: 900_000, listeners })), nowMs).text,
    )?.[1]
  expect([wish(0, 0), wish(880_000, 999), wish(880_000, 1000)]).toEqual(['10', '10', '5'])
})

describe('an icecast-kh slave registers by the query of its request', () => {
  const query = (text: string) => parseRegistration(new URLSearchParams(text))

  test.each([
    '',
    'rserver=a',
    'rserver=a&rport=0&interval=5',
    'rserver=a/b&rport=1&interval=5',
    'rserver=a&rport=8000',
    'rserver=256.1.1.1&rport=8000&interval=5',
    'rserver=[1:2]&rport=8000&interval=5',
    `rserver=${'a'.repeat(125)}&rport=8000&interval=5`,
  ])('%j is not a registration', (text) => expect(query(text)).toBeUndefined())

  test('and carries what live masters carry, with 0 listeners', () => {
    const sql = memorySql()
    const registry = open(sql)
    const registration = query('rserver=kh.example&rport=8000&interval=30')
    if (!registration) throw new Error('no registration')
    const asks = { ...registration, reporter: relay, remote: undefined }
    expect(register(registry, accounts, asks, 0)).toMatchObject({ status: 200 })
    expect(goesTo(registry, 0)).toBe('unknown mount')
    accept(registry, accounts, post(reportOf('m', { role: 'master', listeners: 100 })), 0)
    expect(goesTo(registry, 0)).toBe('kh.example:8000')
    expect(goesTo(open(sql, 20_000), 20_000), 'after a restart').toBe('kh.example:8000')
    expect(serversJson(registry.view, 0)[0]).toMatchObject({
      id: 'kh.example:8000',
      urls: ['http://kh.example:8000'],
      maxListeners: 100,
      listeners: 0,
      mounts: ['/live.mp3'],
      out: null,
    })
  })
})

test('the stream list names each mount of a live master at the first master by id', () => {
  const registry = open(memorySql())
  const mounts = [mountReport('/live.mp3'), mountReport('/caf%C3%A9.ogg')]
  accept(registry, accounts, post(reportOf('m2', { role: 'master', mounts })), 0)
  accept(registry, accounts, post(reportOf('m1', { role: 'master' })), 0)
  accept(registry, accounts, post(reportOf('s', { mounts: [mountReport('/own.mp3')] })), 0)
  expect(printStreamList(registry.view, 0, true)).toBe(
    'http://m2.example.org:8000/caf%C3%A9.ogg\r\nhttp://m1.example.org:8000/live.mp3\r\n',
  )
  expect(printStreamList(registry.view, 0, false)).toBe('/caf%C3%A9.ogg\r\n/live.mp3\r\n')
  accept(
    registry,
    accounts,
    post(reportOf('m3', { role: 'master', urls: ['https://m3'], mounts: [mountReport('/t')] })),
    0,
  )
  expect(printStreamList(registry.view, 0, true)).toContain('\r\n/t\r\n')
  expect(printStreamList(registry.view, 60_000, true)).toBe('')
})
