import { describe, expect, test } from 'vitest'
import { CommonFactor, Factors, noFactorMemory } from '../../../shared/cluster/fan-out-factor.ts'
import { Hearing } from '../../../shared/cluster/hearing.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { ServerTable, type Sql } from '../../../shared/cluster/server-table.ts'
import { limits } from '../../../shared/limits.ts'
import { parsePolledServer } from '../../../shared/polled/server.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { logged } from '../../kit/base/log-records.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { live, viewOf } from '../../kit/parts/draws.ts'
import { decider, mounts } from '../../kit/parts/quota.ts'
import { mountReport, reportOf, serverOf } from '../../kit/parts/reports.ts'

const open = (sql: Sql, nowMs = 0) => new Registry(new ServerTable(sql), 100, nowMs)
const put = (registry: Registry, report: Report, nowMs = 0, context = {}) =>
  registry.put(report, printSourcelist(report), nowMs, context)

describe('what operators do', () => {
  test('a drain and its end are there after a restart', () => {
    const sql = memorySql()
    const isDrained = () => open(sql).isDrained('a')
    const registry = open(sql)
    put(registry, reportOf('a'))
    registry.setDrain('a', true)
    expect(isDrained()).toBe(true)
    registry.setDrain('a', false)
    expect(isDrained()).toBe(false)
    registry.setDrain('a', true)
    expect([registry.forget('a'), registry.isDrained('a'), isDrained(), registry.forget('a')]).toEqual([
      true,
      false,
      false,
      false,
    ])
  })

  test('a drain can be ended though its server is forgotten', () => {
    const registry = open(memorySql())
    put(registry, reportOf('a'))
    registry.setDrain('a', true)
    registry.prune(limits.serverMemoryMs + 1)
    expect([registry.view.servers.size, registry.setDrain('a', false), registry.isDrained('a')]).toEqual([
      0,
      true,
      false,
    ])
  })

  test('a server that is deleted by nobody known is told as deleted, with all that was known of it', () => {
    const registry = open(memorySql())
    put(registry, reportOf('a'), 0, { sender: { program: 'p' } })
    registry.setProbed('a', { url: 'http://a', problem: 'refused' })
    registry.forget('a')
    expect(registry.events(0).find(({ kind }) => kind === 'server forgotten')?.detail).toBe('deleted')
    expect([registry.probedOf('a'), registry.senderOf('a')]).toEqual([undefined, undefined])
    put(registry, reportOf('a'))
    expect([registry.view.servers.get('a')?.reachable, registry.senderOf('a')]).toEqual([true, undefined])
  })

  test('wrong logins are told of ten times at once, then once a minute', () => {
    const registry = open(memorySql())
    const wrong = (nowMs: number) =>
      registry.wrongLogin({ door: 'api', user: 'a', address: '192.0.2.1' }, nowMs)
    for (let i = 0; i < 40; i++) wrong(i)
    expect(registry.events(100)).toHaveLength(limits.wrongLoginEvents.burst)
    for (let i = 0; i < 40; i++) wrong(60_000 + i)
    expect(registry.events(70_000)).toHaveLength(limits.wrongLoginEvents.burst + 1)
  })

  test('a wrong login may have neither a user nor an address', () => {
    const registry = open(memorySql())
    registry.wrongLogin({ door: 'api', user: undefined, address: undefined }, 1.4)
    expect(registry.events(2)).toEqual([
      { at: 1, kind: 'wrong login', detail: 'api: user "" from an unknown address' },
    ])
  })
})

test('a probe changes a server only where its url or its problem differs', () => {
  const registry = open(memorySql())
  put(registry, reportOf('a'))
  let changes = 0
  registry.view.onChange = () => changes++
  const changed = (url: string, problem: string | undefined) => {
    changes = 0
    registry.setProbed('a', { url, problem })
    return changes
  }
  expect([
    changed('http://a', undefined),
    changed('http://a', 'refused'),
    changed('http://a', 'refused'),
    changed('http://a', 'silent'),
    changed('http://b', 'silent'),
    changed('http://b', undefined),
  ]).toEqual([0, 1, 0, 1, 1, 1])
  registry.setProbed('a', { url: 'http://a', problem: 'refused' })
  registry.setProbed('a', undefined)
  expect([registry.probedOf('a'), registry.view.servers.get('a')?.reachable]).toEqual([undefined, true])
  registry.setProbed('nobody', { url: 'http://c', problem: 'refused' })
  expect(registry.view.servers.size).toBe(1)
})

test('a redirect takes a slot and its part of the line', () => {
  const registry = open(memorySql())
  put(registry, reportOf('a'))
  const server = registry.view.servers.get('a')
  for (let i = 0; server && i < 2; i++) registry.redirected(server, 64)
  expect([server?.debit, server?.debitKbps]).toEqual([2, 128])
})

test('the running minute is written as the program stops', () => {
  const sql = memorySql()
  const registry = open(sql)
  put(registry, reportOf('a', { listeners: 2 }))
  registry.stop(30_000)
  expect(sql.all('SELECT bucket, span FROM history_minute')).toEqual([{ bucket: 0, span: 30 }])
})

test('the history has a polled server only where a master carries its mounts, and nothing of one that leaves', () => {
  const listening = (nowMs: number, ...reports: [Report, object?][]) => {
    const registry = open(memorySql())
    for (const [report, context] of reports) put(registry, report, 0, context)
    const [row] = [...registry.history.minutes({ mount: live }, 0, 9, nowMs)].flat()
    return row?.numbers.seconds
  }
  const with3 = (id: string, over: Partial<Report> = {}) =>
    reportOf(id, { listeners: 3, mounts: [mountReport('/live.mp3', { listeners: 3 })], ...over })
  const polled = { polled: true }
  expect(listening(10_000, [with3('a')])).toBe(30)
  expect(listening(10_000, [with3('a'), polled])).toBe(0)
  expect(listening(10_000, [with3('m', { role: 'master' })], [with3('a'), polled])).toBe(60)
  expect(listening(10_000, [with3('a', { state: 'leaving' })])).toBe(0)
})

describe('an account that is full', () => {
  test('loses the server that has been stale longest first, and no more than it must', () => {
    const { registry, send } = decider(100)
    for (const [i, id] of ['b', 'c', 'a'].entries())
      send(reportOf(id, { mounts: mounts(30, i * 30), interval: 1 }), i * 100)
    // as long as anybody reports, the others are stale
    for (const atMs of [10_000, 30_000, 59_000]) send(reportOf('alive', { mounts: [] }), atMs)
    expect(send(reportOf('new', { mounts: mounts(40, 200) }), 60_000).status).toBe(200)
    expect([...registry.view.servers.keys()].sort()).toEqual(['a', 'alive', 'c', 'new'])
    expect(send(reportOf('more', { mounts: mounts(61, 300) }), 60_000).status, 'of those that are left').toBe(
      413,
    )
  })

  test('remembers no more former mounts than there is room for', () => {
    const registry = new Registry(undefined, 100, 0, 4)
    for (const from of [0, 10])
      put(registry, reportOf('a', { mounts: mounts(3, from) }), from, { account: 'relay' })
    expect(registry.view.servers.get('a')?.formerMounts).toHaveLength(1)
  })

  test('loses the one that has been stale longest after a restart too, and none that it polls', () => {
    const sql = memorySql()
    const limited = (nowMs: number) => new Registry(new ServerTable(sql), 100, nowMs, 6)
    const before = limited(0)
    for (const [atMs, id] of [
      [0, 'p'],
      [10, 'z'],
      [20, 'a'],
    ] as const)
      put(before, reportOf(id, { mounts: mounts(2, atMs) }), atMs, { account: 'relay' })
    // as somebody has reported since, the others are stale
    put(before, reportOf('alive', { mounts: [] }), 59_000, { account: 'relay' })
    const registry = limited(60_000)
    const body = '{"url": "http://p.example", "id": "p", "maxListeners": 10}'
    registry.polled.put(parsePolledServer(body), body)
    put(registry, reportOf('new', { mounts: mounts(2, 90) }), 60_000, { account: 'relay' })
    expect([...registry.view.servers.keys()].toSorted()).toEqual(['a', 'alive', 'new', 'p'])
  })

  test('counts after a restart what is carried and what was', () => {
    const sql = memorySql()
    const account = 'relay'
    const limited = (nowMs: number) => new Registry(new ServerTable(sql), 100, nowMs, 4)
    const registry = limited(0)
    put(registry, reportOf('a', { mounts: mounts(2) }), 0, { account })
    put(registry, reportOf('a', { mounts: mounts(1) }), 1000, { account })
    const three = reportOf('b', { mounts: mounts(3, 10) })
    for (const one of [registry, limited(2000)])
      expect(put(one, three, 2000, { account })).toMatchObject({ status: 413 })
    expect(put(limited(2000), reportOf('b', { mounts: mounts(2, 10) }), 2000, { account })).toBeUndefined()
  })
})

test('what was learned of a server is forgotten with it', () => {
  const factors = new Factors()
  const learn = (id: string, joins: number, debit: number) =>
    factors.learn(reportOf(id, { boot: 'b', joins }), debit)
  for (const joins of [0, 100, 200]) learn('a', joins, 10)
  expect(learn('a', 300, 10)).toBeCloseTo(10)
  factors.forget('a')
  factors.forget('nobody')
  expect([learn('a', 400, 10), learn('a', 400, 10)]).toEqual([1, 1])
  expect(learn('a', 400, 10), 'no joins for two redirects').toBe(1)
  expect(new CommonFactor().value).toBe(1)
  const common = new CommonFactor()
  common.replace(noFactorMemory, { ...noFactorMemory, joinsSum: 30, debitsSum: 10 })
  expect(common.value).toBe(3)
})

describe('a decider that hears nobody', () => {
  const heard = (...servers: ReturnType<typeof serverOf>[]) => {
    const view = viewOf(...servers)
    const hearing = new Hearing(view)
    for (const server of servers) hearing.heard(server)
    return { view, hearing }
  }
  const kinds = (hearing: Hearing, ...times: number[]) =>
    times.flatMap((nowMs) => hearing.look(nowMs).map(({ kind, detail }) => [nowMs, kind, detail]))

  test('says for how long, at its begin and at its end', () => {
    const { hearing } = heard(serverOf('a'), serverOf('b', {}, { receivedAtMs: 4000 }))
    expect(kinds(hearing, 27_001, 31_000, 31_001)).toEqual([[31_001, 'no reports', 'none for 27 s']])
    expect(hearing.heard(serverOf('a', {}, { receivedAtMs: 90_000 }))).toEqual([
      { at: 90_000, kind: 'reports again', detail: 'none for 86 s', server: 'a' },
    ])
  })

  test('does not miss itself, nor servers that left or carry nothing, and no two that went before the last report', () => {
    const own = heard(serverOf('me'), serverOf('a'))
    own.view.ownId = 'me'
    expect(kinds(own.hearing, 60_000)).toEqual([])
    expect(kinds(heard(serverOf('a'), serverOf('b', { state: 'leaving' })).hearing, 60_000)).toEqual([])
    expect(kinds(heard(serverOf('a'), serverOf('b', { mounts: [] })).hearing, 60_000)).toEqual([])
    expect(
      kinds(heard(serverOf('a'), serverOf('kh', { mounts: [] }, { carriesAll: true })).hearing, 60_000),
    ).toHaveLength(1)
    const gone = heard(serverOf('a'), serverOf('b'), serverOf('c', {}, { receivedAtMs: 40_000 }))
    expect(kinds(gone.hearing, 66_000, 67_001, 90_000)).toEqual([])
  })

  test('waits for a server that is not late yet', () => {
    const { hearing } = heard(
      serverOf('a'),
      serverOf('b'),
      serverOf('c', { interval: 20 }, { receivedAtMs: 10_000 }),
    )
    // c is late after 32 s, and those two are stale after 27
    expect(kinds(hearing, 27_001, 32_000, 32_001)).toEqual([[32_001, 'no reports', 'none for 22 s']])
  })
})

describe('the store of a decider', () => {
  const counted = () => {
    const sql = memorySql()
    let transactions = 0
    const counting: Sql = {
      ...sql,
      tx: (run) => {
        transactions++
        return sql.tx(run)
      },
    }
    return { open: (nowMs: number) => open(counting, nowMs), txs: () => transactions }
  }

  test('has a report and the events that it caused in one transaction, and none for a report or a look without an event', () => {
    const { open, txs } = counted()
    const registry = open(0)
    const first = txs()
    put(registry, reportOf('a'))
    expect(registry.events(0).map(({ kind }) => kind)).toEqual(['server new', 'mount up'])
    expect(txs() - first).toBe(1)
    put(registry, reportOf('a'), 1000)
    for (let nowMs = 1000; nowMs < 5000; nowMs += 500) registry.sweep(nowMs)
    expect(txs() - first).toBe(1)
    const again = open(5000)
    put(again, reportOf('a'), 5000)
    expect(
      again.events(5000).map(({ kind }) => kind),
      'nothing is new after a restart',
    ).toEqual(['server new', 'mount up'])
  })
})

describe('a decider that is a master itself', () => {
  const own = (over: Partial<Report> = {}) => reportOf('me', { role: 'master', ...over })

  test('has its own id, which no other server gets, and is neither new nor stale to itself', () => {
    const registry = open(memorySql())
    registry.putOwn(own(), 0)
    expect(put(registry, own(), 10)).toMatchObject({ status: 409 })
    expect(registry.view.ownId).toBe('me')
    expect(registry.view.servers.get('me')).toMatchObject({
      carriesAll: false,
      polled: false,
      reachable: true,
      drained: false,
      factor: 1,
      debit: 0,
    })
    registry.setDrain('me', true)
    registry.putOwn(own(), 1000)
    expect(registry.view.servers.get('me')?.drained).toBe(true)
    expect(registry.events(100_000).map(({ kind }) => kind)).toEqual(['mount up', 'server drained'])
  })

  test('is in its history', () => {
    const registry = open(memorySql())
    registry.putOwn(own({ mounts: [mountReport('/live.mp3', { listeners: 3 })] }), 0)
    const [row] = [...registry.history.minutes({ mount: live }, 0, 9, 10_000)].flat()
    expect(row?.numbers.seconds).toBe(30)
  })
})

test('what is known of a report beside its text is kept: its program, its probes, and a twin', () => {
  const registry = open(memorySql())
  const at = { remote: '192.0.2.9', sender: { program: 'distributary 0.3.0' } }
  put(registry, reportOf('a', { boot: 'x', seq: 1 }), 0, at)
  put(registry, reportOf('a', { boot: 'y', seq: 1 }), 0, {})
  expect(registry.senderOf('a')).toEqual(at.sender)
  expect(registry.events(0).map(({ kind }) => kind)).toContain('server id taken over')
  for (const nowMs of [1000, 9000]) put(registry, reportOf('a', { boot: 'x', seq: 9 }), nowMs, at)
  expect([registry.twinOf('a', 9000), registry.twinOf('b', 9000)]).toEqual(['192.0.2.9', undefined])
  const probed = { url: 'http://a.example', problem: 'refused' }
  registry.setProbed('a', probed, 10_000)
  expect(registry.probedOf('a')).toEqual(probed)
  expect(registry.events(10_000).at(-1)).toMatchObject({ kind: 'server unreachable', server: 'a' })
  registry.setProbed('a', undefined, 11_000)
  expect([registry.probedOf('a'), registry.view.servers.get('a')?.reachable]).toEqual([undefined, true])
  registry.forget('a', { by: 'admin@192.0.2.1', nowMs: 12_000 })
  expect(registry.events(12_000).find(({ kind }) => kind === 'server forgotten')).toMatchObject({
    detail: 'deleted by admin@192.0.2.1',
    at: 12_000,
  })
})

test('servers are forgotten a day after their last report, at whatever time', () => {
  const registry = open(memorySql(), 1_700_000_000_000)
  const atMs = 1_700_000_000_000
  put(registry, reportOf('a'), atMs)
  expect(registry.prune(atMs + limits.serverMemoryMs)).toEqual([])
  expect(registry.prune(atMs + limits.serverMemoryMs + 1)).toEqual(['a'])
})

test('what an operator does without a time is as of the newest that is known', () => {
  const registry = open(memorySql())
  put(registry, reportOf('a'))
  registry.sweep(5000)
  registry.setDrain('a', true)
  expect(registry.events(5000).at(-1)).toMatchObject({ kind: 'server drained', at: 5000 })
})

test('a minute of the history is written once it has passed, and the running one as the program stops', () => {
  const sql = memorySql()
  const registry = open(sql)
  put(registry, reportOf('a', { listeners: 2 }))
  const buckets = () =>
    sql.all<{ bucket: number }>('SELECT bucket FROM history_minute').map((row) => row.bucket)
  registry.sweep(59_000)
  expect(buckets()).toEqual([])
  registry.sweep(61_000)
  expect(buckets()).toEqual([0])
  registry.stop(90_000)
  expect(buckets()).toEqual([0, 1])
})

test('an hour of very many mounts is added up over some looks, and at once as the program stops', () => {
  const sql = memorySql()
  const registry = open(sql)
  const heard = mounts(140).map((mount) => ({ ...mount, listeners: 1 }))
  put(registry, reportOf('a', { interval: 3600, maxListeners: 1000, listeners: 140, mounts: heard }))
  const hours = () => sql.all('SELECT bucket FROM history_hour').length
  for (let minute = 1; minute <= 61; minute++) registry.sweep(minute * 60_000)
  expect(hours()).toBe(0)
  registry.stop(61 * 60_000)
  expect(hours()).toBe(1)
})

test('requests are counted, and send-backs by the servers that are known', () => {
  const registry = open(memorySql())
  put(registry, reportOf('a'))
  const counted = { answer: 'redirect', mount: live, n: 2 } as const
  registry.count(counted, 0)
  for (const sentBackBy of ['a', 'nobody']) registry.count({ ...counted, sentBackBy }, 0)
  const { answers, sendBacks } = registry.history.counts
  expect([answers.redirect, [...sendBacks]]).toEqual([6, [['a', 2]]])
})

test('a start goes on with the listeners of the servers that are stored, and with a row of each', () => {
  const sql = memorySql()
  const registry = open(sql)
  for (let i = 0; i < 250; i++) put(registry, reportOf(`s${i}`, { mounts: [] }))
  put(registry, reportOf('a', { listeners: 3, mounts: [mountReport('/live.mp3', { listeners: 3 })] }))
  expect([...new ServerTable(sql).servers()], 'each once').toHaveLength(251)
  const again = open(sql, 1000)
  expect([...again.view.servers.keys()]).toHaveLength(251)
  const [row] = [...again.history.minutes({ mount: live }, 0, 9, 11_000)].flat()
  expect(row?.numbers.seconds).toBe(30)
})

test('a row that is set aside is kept as it was, with what is wrong with it in the log', async () => {
  const sql = memorySql()
  put(open(sql), reportOf('a'))
  sql.all("UPDATE server SET former_boots = 'nonsense'")
  const records = await logged(() => {
    open(sql)
  })
  expect(records.map(({ properties }) => properties.why)).toEqual([expect.stringMatching(/^former_boots: /)])
  const [aside] = sql.all<{ row: string }>('SELECT row FROM set_aside')
  expect(JSON.parse(aside?.row ?? '')).toMatchObject({ id: 'a', former_boots: 'nonsense' })
})
