import { describe, expect, test } from 'vitest'
import { clusterJson } from '../../../shared/api/describe-cluster.ts'
import { serversJson } from '../../../shared/api/json.ts'
import { seenOf } from '../../../shared/api/seen.ts'
import { Hearing, hold } from '../../../shared/cluster/hearing.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../shared/cluster/server-table.ts'
import { decide } from '../../../shared/draw/decide.ts'
import { isLive } from '../../../shared/draw/server.ts'
import { View } from '../../../shared/draw/view.ts'
import { Balance } from '../../../shared/hls/balance.ts'
import { steer } from '../../../shared/hls/steering.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { logged } from '../../kit/base/log-records.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { asked, live, policy } from '../../kit/parts/draws.ts'
import { mountReport, reportOf, seededRoll, serverOf } from '../../kit/parts/reports.ts'

/** s after its last report at which a server with an interval of 10 s is stale */
const deadlineS = 27
const minute = 60

/** A decider that is swept twice a second, as an edge is. */
function decider() {
  const sql = memorySql()
  const open = (atS: number) => new Registry(new ServerTable(sql), 100, atS * 1000)
  let registry = open(0)
  let nowS = 0
  const roll = seededRoll(1)
  const pass = (untilS: number) => {
    while (nowS < untilS) {
      nowS = Math.min(untilS, nowS + 0.5)
      registry.sweep(nowS * 1000)
    }
  }
  return {
    pass,
    report(atS: number, id: string, over: Partial<Report> = {}) {
      pass(atS)
      const report = reportOf(id, over)
      expect(registry.put(report, printSourcelist(report), atS * 1000)).toBeUndefined()
    },
    restart(atS: number) {
      nowS = atS
      registry = open(atS)
    },
    /** The servers that listeners go to now. */
    goesTo(): string[] {
      const ids = new Set<string>()
      for (let i = 0; i < 100; i++) {
        const decision = decide(registry.current(nowS * 1000), asked, nowS * 1000, roll, policy)
        if (typeof decision !== 'string') ids.add(decision.server.report.id)
      }
      return [...ids].sort()
    },
    get registry() {
      return registry
    },
    events: () => registry.events(nowS * 1000).map(({ at, kind, server }) => [at / 1000, kind, server]),
    problems: () => {
      const nowMs = nowS * 1000
      return clusterJson(registry.view, seenOf(registry, nowMs), [], nowMs, nowMs, false).problems
    },
  }
}

describe('S10: a decider that hears nobody', () => {
  test('suspects itself once two servers are stale, and draws by the last known room for ten minutes', () => {
    const edge = decider()
    edge.report(0, 'a')
    edge.report(4, 'b')
    edge.report(8, 'c', { listeners: 100 })
    edge.pass(30)
    expect(edge.goesTo(), 'one is stale, as a dead one would be').toEqual(['b'])
    edge.pass(4 + deadlineS + 0.5)
    expect(edge.goesTo(), 'the full one is still full').toEqual(['a', 'b'])
    expect(
      serversJson(edge.registry.view, 32_000).map(({ id, out, notes }) => [id, out, notes?.length]),
    ).toEqual([
      ['a', null, 1],
      ['b', null, 1],
      ['c', 'full', undefined],
    ])
    edge.pass(31 + 10 * minute)
    expect(edge.goesTo()).toEqual(['a', 'b'])
    edge.pass(31.5 + 10 * minute)
    expect(edge.goesTo()).toEqual([])
    edge.pass(3600)
    expect(edge.goesTo(), 'and does not begin again').toEqual([])
  })

  test('says so once in the log, in events and in problems, and once when it is over', async () => {
    const edge = decider()
    const lines = await logged(async () => {
      edge.report(0, 'a')
      edge.report(4, 'b')
      edge.pass(120)
      expect(edge.problems()[0]).toMatchObject({
        severity: 'critical',
        text: 'no server reported for a while, as if this program were cut off: 2 servers get listeners by a report that is too old',
      })
      edge.report(121, 'b')
    })
    const said = lines.map(({ level, message }) => [level, message.join('')])
    expect(said.filter(([, text]) => text?.includes('report'))).toEqual([
      ['warning', 'no server reports: servers get listeners by their last reports'],
      ['info', 'servers report again'],
    ])
    expect(edge.events().filter(([, kind]) => String(kind).includes('reports'))).toEqual([
      [31.5, 'no reports', undefined],
      [121, 'reports again', 'b'],
    ])
  })

  test('says once that it lasts too long, as the servers are out', () => {
    const edge = decider()
    edge.report(0, 'a')
    edge.report(4, 'b')
    const said = () => edge.events().filter(([, kind]) => String(kind).includes('reports'))
    edge.pass(31.5 + 10 * minute - 0.5)
    expect(said()).toEqual([[31.5, 'no reports', undefined]])
    edge.pass(3600)
    expect(said()).toEqual([
      [31.5, 'no reports', undefined],
      [631.5, 'no reports for too long', undefined],
    ])
  })

  test('gives the others one more deadline once a report comes again, and not more', () => {
    const edge = decider()
    for (const id of ['a', 'b', 'dead']) edge.report(0, id)
    edge.pass(60)
    expect(edge.goesTo()).toEqual(['a', 'b', 'dead'])
    edge.pass(120)
    edge.report(120, 'a')
    expect(edge.goesTo()).toEqual(['a', 'b', 'dead'])
    for (let atS = 125; atS <= 150; atS += 5) for (const id of ['a', 'b']) edge.report(atS, id)
    expect(edge.goesTo()).toEqual(['a', 'b'])
  })
})

describe('S10: as long as anybody reports, dead servers leave at their deadlines', () => {
  test('one', () => {
    const edge = decider()
    edge.report(0, 'dead')
    for (let atS = 0; atS <= 40; atS += 10) edge.report(atS + 1, 'a')
    expect(edge.goesTo()).toEqual(['a'])
  })

  test('two at once, even between two reports of the third', () => {
    const edge = decider()
    for (let atS = 0; atS <= 20; atS += 10) {
      edge.report(atS, 'a')
      if (atS === 0) for (const id of ['dead', 'dead too']) edge.report(atS + 1, id.replace(' ', '-'))
    }
    edge.pass(28.5)
    expect(edge.goesTo(), 'the third is not late').toEqual(['a'])
    edge.report(30, 'a')
    edge.pass(31)
    expect(edge.goesTo()).toEqual(['a'])
  })

  test('the only one of a cluster', () => {
    const edge = decider()
    edge.report(0, 'a')
    edge.pass(60)
    expect(edge.goesTo()).toEqual([])
  })

  test('and those that were stale before the silence stay out of it', () => {
    const edge = decider()
    edge.report(0, 'dead')
    for (let atS = 0; atS <= 60; atS += 10) for (const id of ['a', 'b']) edge.report(atS, id)
    edge.pass(120)
    expect(edge.goesTo()).toEqual(['a', 'b'])
  })
})

test('HLS steering follows the same view: sessions stay where they are', () => {
  const edge = decider()
  for (const id of ['a', 'b']) edge.report(0, id)
  const steeredAt = (atS: number) => {
    edge.pass(atS)
    const deps = { config: policy, nowMs: () => atS * 1000, roll: () => 0.5, redirected: () => {} }
    return steer(
      edge.registry.current(atS * 1000),
      { mount: live, query: '', sender: { secure: false, address: undefined }, current: 'a' },
      { ...deps, isBusy: () => false, balance: new Balance(100) },
    )
  }
  const steering = steeredAt(60)
  expect([steering?.moves, steering?.places[0]?.server.report.id]).toEqual([false, 'a'])
  expect(steeredAt(11 * minute)).toBeUndefined()
})

test('a server that reports every hour is not a witness against a silence', () => {
  const edge = decider()
  edge.report(0, 'seldom', { interval: 3600, maxListeners: 1 })
  for (const id of ['a', 'b']) edge.report(1, id)
  edge.pass(60)
  expect(edge.goesTo()).toContain('a')
})

test('S10: dead servers are let go once, though the one that is left reports too seldom to be a witness', () => {
  const edge = decider()
  edge.report(0, 'dead', { interval: 30 })
  edge.report(20, 'alive', { interval: 30 })
  for (const id of ['dead2', 'dead3']) edge.report(21, id)
  edge.pass(49)
  expect(edge.goesTo()).toEqual(['alive', 'dead', 'dead2', 'dead3'])
  edge.report(50, 'alive', { interval: 30 })
  edge.pass(79)
  expect(edge.goesTo(), 'two have had one more deadline').toEqual(['alive', 'dead'])
  for (let atS = 80; atS <= 200; atS += 30) edge.report(atS, 'alive', { interval: 30 })
  expect(edge.goesTo()).toEqual(['alive'])
  expect(edge.events().filter(([, kind]) => kind === 'no reports')).toHaveLength(1)
})

test('the listeners of a server that was kept in count no longer than it gets new ones', () => {
  const edge = decider()
  edge.report(0, 'a', { interval: 3600 })
  for (const id of ['dead', 'dead2'])
    edge.report(0, id, { mounts: [mountReport('/live.mp3', { listeners: 9 })] })
  edge.pass(60)
  const listenersAt = (atS: number) => edge.registry.view.onAir(live, atS * 1000)?.listeners
  expect(listenersAt(60)).toBe(18)
  edge.report(61, 'a', { interval: 3600 })
  expect(listenersAt(120)).toBe(0)
})

test('a server that leaves or is drained is not kept in', () => {
  const edge = decider()
  for (const id of ['a', 'b', 'drained']) edge.report(0, id)
  edge.report(1, 'gone', { state: 'leaving' })
  edge.registry.setDrain('drained', true)
  edge.pass(60)
  expect(edge.goesTo()).toEqual(['a', 'b'])
})

test('a restart within ten minutes goes on by the stored reports, a later one does not', () => {
  const edge = decider()
  for (const id of ['a', 'b']) edge.report(0, id)
  edge.restart(300)
  expect(edge.goesTo()).toEqual(['a', 'b'])
  edge.restart(3600)
  expect(edge.goesTo()).toEqual([])
})

test('it looks at no server as long as reports come', () => {
  const edge = decider()
  const ids = Array.from({ length: 20 }, (_, i) => `s${i}`)
  for (const id of ids) edge.report(0, id)
  let looks = 0
  const { view } = edge.registry
  const { servers } = view
  Object.defineProperty(view, 'servers', {
    get: () => {
      looks++
      return servers
    },
  })
  for (let ms = 1; ms < 26_000; ms++) edge.registry.current(ms)
  expect(looks).toBe(0)
})

describe('a silence', () => {
  /** Servers by when they reported last and at what interval, in s, heard in this order. */
  function heard(...servers: [id: string, atS: number, interval: number, over?: Partial<Report>][]) {
    const view = new View(100)
    const hearing = new Hearing(view)
    for (const [id, atS, interval, over] of servers) {
      const server = serverOf(id, { interval, ...over }, { receivedAtMs: atS * 1000 })
      view.put(server)
      hearing.heard(server)
    }
    return { view, hearing, look: (atS: number) => hearing.look(atS * 1000).map(({ kind }) => kind) }
  }

  test('that has lasted longer than servers are kept in, as this program starts, is none: they are stale', () => {
    const { look, view } = heard(['a', 0, 10], ['b', 1, 10])
    expect([look(628), look(629), look(1000)]).toEqual([[], [], []])
    expect([...view.servers.values()].map((server) => isLive(server, 629_000))).toEqual([false, false])
    expect(heard(['a', 0, 10], ['b', 1, 10]).look(627)).toEqual(['no reports'])
  })

  test('has begun as the second server went stale, whichever of them reported first', () => {
    for (const servers of [
      [
        ['a', 30, 10],
        ['b', 20, 10],
        ['c', 10, 10],
      ],
      [
        ['a', 10, 10],
        ['b', 30, 10],
        ['c', 20, 10],
      ],
    ] as const) {
      const { look } = heard(
        ...servers.map(([id, atS, interval]): [string, number, number] => [id, atS, interval]),
      )
      expect(look(60)).toEqual(['no reports'])
      expect([look(647), look(647.1)]).toEqual([[], ['no reports for too long']])
    }
  })

  test('is not found while a server is in time that reports more often than the slowest of the missing ones goes stale', () => {
    // b is stale after 52 s, and the witness late after 53
    const { look } = heard(['a', 0, 10], ['b', 0, 20], ['witness', 20, 31])
    expect([look(52.5), look(53.1)]).toEqual([[], ['no reports']])
  })

  test('is found though this program reports itself, or another one has left', () => {
    const own = heard(['a', 0, 10], ['b', 0, 10])
    own.view.ownId = 'me'
    own.view.put(serverOf('me', { role: 'master' }, { receivedAtMs: 28_000 }))
    expect(own.look(30)).toEqual(['no reports'])
    expect(heard(['a', 0, 10], ['b', 0, 10], ['gone', 1, 26, { state: 'leaving' }]).look(27.5)).toEqual([
      'no reports',
    ])
  })

  test('keeps no server in that leaves, nor lets one back that was gone before it', () => {
    const leaving = serverOf('leaving', { state: 'leaving' })
    expect(hold([leaving], 90_000, 60_000, () => true)).toEqual([])
    expect(leaving.heldUntilMs).toBe(Number.NEGATIVE_INFINITY)
    const { view, hearing, look } = heard(['dead', -60, 10], ['a', 0, 10], ['b', 0, 10])
    expect(look(30)).toEqual(['no reports'])
    const back = serverOf('a', {}, { receivedAtMs: 40_000 })
    view.put(back)
    expect(hearing.heard(back).map(({ kind }) => kind)).toEqual(['reports again'])
    const liveAt = (atMs: number) =>
      [...view.servers].filter(([, server]) => isLive(server, atMs)).map(([id]) => id)
    expect([liveAt(40_000), liveAt(67_000), liveAt(67_001)]).toEqual([['a', 'b'], ['a', 'b'], []])
  })
})
