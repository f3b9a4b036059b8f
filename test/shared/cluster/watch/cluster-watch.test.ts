import { describe, expect, test } from 'vitest'
import { accept } from '../../../../shared/api/accept.ts'
import { Registry } from '../../../../shared/cluster/registry.ts'
import { ServerTable, type Sql } from '../../../../shared/cluster/server-table.ts'
import type { ClusterEvent } from '../../../../shared/cluster/watch/event.ts'
import { limits } from '../../../../shared/limits.ts'
import type { AboutMount } from '../../../../shared/report/about-mount.ts'
import type { Report } from '../../../../shared/report/report.ts'
import { printSourcelist } from '../../../../shared/report/sourcelist.ts'
import { logged } from '../../../kit/base/log-records.ts'
import { memorySql } from '../../../kit/base/sqlite.ts'
import { openAccounts } from '../../../kit/parts/accounts.ts'
import { mountReport, reportOf } from '../../../kit/parts/reports.ts'

/** ms after its last report at which a server of the kit is stale: 2.5 × 10 s + 2 s */
const deadline = 27_000

/** `27.0 server stale a`, with the mount and the detail where there are any */
const say = ({ at, kind, server, mount, detail }: ClusterEvent) =>
  [(at / 1000).toFixed(1), kind, server, mount, detail].filter((part) => part !== undefined).join(' ')

/** A decider whose servers report at given seconds. */
function decider(sql: Sql = memorySql(), startS = 0) {
  let registry = new Registry(new ServerTable(sql), 100, startS * 1000)
  const send = (atS: number, id: string, over: Partial<Report> = {}) => {
    const post = {
      sourcelist: printSourcelist(reportOf(id, over)),
      reporter: { kind: 'relay' } as const,
      remote: undefined,
      edgeUrls: [],
    }
    const answer = accept(registry, openAccounts, post, atS * 1000)
    expect(answer.status, answer.text).toBe(200)
  }
  return {
    send,
    get registry() {
      return registry
    },
    /** the events up to a second; only those after the first `from` */
    told: (atS: number, from = 0) =>
      registry
        .events(atS * 1000)
        .slice(from)
        .map(say),
    restart(atS: number) {
      registry = new Registry(new ServerTable(sql), 100, atS * 1000)
    },
  }
}

const live = (about?: AboutMount) => [{ ...mountReport('/live.mp3'), ...(about && { about }) }]
const master = (about?: AboutMount): Partial<Report> => ({ role: 'master', mounts: live(about) })
const full: Partial<Report> = { maxListeners: 100, listeners: 100 }

describe('events about a server', () => {
  test('say that it is new, stale at its deadline, and back', () => {
    const { send, told } = decider()
    send(0, 'a', { mounts: [] })
    send(10, 'a', { mounts: [] })
    send(50, 'a', { mounts: [] })
    expect(told(50)).toEqual(['0.0 server new a', '37.0 server stale a', '50.0 server back a'])
  })

  test('find a stale server without any report, with the moment at which it became stale', () => {
    const { send, told } = decider()
    send(0, 'a', { mounts: [] })
    expect(told(27)).toEqual(['0.0 server new a'])
    expect(told(500)).toEqual(['0.0 server new a', '27.0 server stale a'])
    expect(told(1000)).toHaveLength(2)
  })

  test('look at no server before the earliest deadline has passed', () => {
    const { registry } = decider()
    let looked = 0
    const counting = new Proxy(registry.view.servers, {
      get(target, name) {
        looked++
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    Object.defineProperty(registry.view, 'servers', { get: () => counting })
    for (let s = 0; s < 27; s++) registry.sweep(s * 1000)
    expect(looked).toBe(0)
  })

  test('say that it leaves, and not that it is stale as well', () => {
    const { send, told } = decider()
    send(0, 'a', { mounts: [] })
    send(5, 'a', { mounts: [], state: 'leaving' })
    send(60, 'a', { mounts: [] })
    expect(told(60)).toEqual(['0.0 server new a', '5.0 server leaving a', '60.0 server back a'])
  })

  test('say by whom it is drained, and not again when its own reports echo that', () => {
    const { send, told, registry } = decider()
    send(0, 'a', { mounts: [] })
    registry.setDrain('a', true, { nowMs: 1000, by: 'admin@203.0.113.7' })
    registry.setDrain('a', true, { nowMs: 1500, by: 'admin@203.0.113.7' })
    send(2, 'a', { mounts: [], state: 'draining' })
    registry.setDrain('a', false, { nowMs: 3000, by: 'admin@203.0.113.7' })
    send(4, 'a', { mounts: [], state: 'draining' })
    send(5, 'a', { mounts: [] })
    send(6, 'a', { mounts: [], state: 'draining' })
    send(7, 'a', { mounts: [] })
    expect(told(7, 1)).toEqual([
      '1.0 server drained a by admin@203.0.113.7',
      '3.0 server undrained a by admin@203.0.113.7',
      '6.0 server drained a at the server itself',
      '7.0 server undrained a at the server itself',
    ])
  })

  test('say that it is full, and that it has room once 5 % of its slots are free', () => {
    const { send, told } = decider()
    for (const [s, listeners] of [99, 100, 99, 100, 96, 95].entries())
      send(s * 10, 'a', { maxListeners: 100, listeners })
    expect(told(60, 2)).toEqual(['10.0 server full a', '50.0 server has room a'])
  })

  test('do not flood: a small server that is full at every second report is told four times, then once a minute', () => {
    const { send, told } = decider()
    const minutes = 10
    for (let s = 0; s < minutes * 60; s += 2)
      send(s, 'a', { maxListeners: 2, listeners: s % 4 === 0 ? 2 : 1 })
    const changes = told(minutes * 60, 2)
    expect(changes.length).toBeGreaterThan(limits.eventsOfFacet.burst)
    expect(changes.length).toBeLessThanOrEqual(limits.eventsOfFacet.burst + minutes)
  })

  test('tell the last change of one that has flapped within a minute, though nothing reports any more', () => {
    const { send, told } = decider()
    for (let s = 0; s < 21; s++)
      send(s, 'a', { maxListeners: 2, listeners: s % 2 === 0 ? 2 : 1, interval: 3600 })
    send(21, 'a', { maxListeners: 2, listeners: 2, interval: 3600 })
    expect(told(22).at(-1)).toBe('3.0 server has room a')
    expect(told(82).at(-1)).toBe('20.0 server full a')
  })

  test('never say that one is full that takes no listeners at any time', () => {
    const { send, told } = decider()
    send(0, 'a', { maxListeners: 0, mounts: [] })
    expect(told(0)).toEqual(['0.0 server new a'])
  })

  test('say why it is unreachable once, and that it is reachable', () => {
    const { send, told, registry } = decider()
    send(0, 'a', { mounts: [] })
    const url = 'http://a.example.org:8000'
    for (const [s, problem] of [undefined, 'connection refused', 'no answer in time', undefined].entries())
      registry.setProbed('a', { url, problem }, (s + 1) * 1000)
    expect(told(5, 1)).toEqual([
      '2.0 server unreachable a http://a.example.org:8000: connection refused',
      '4.0 server reachable a',
    ])
  })

  test('say by whom it is deleted, and that it is forgotten after a day', () => {
    const { send, told, registry } = decider()
    send(0, 'a', { mounts: [] })
    send(0, 'b', { mounts: [] })
    registry.forget('a', { nowMs: 1000, by: 'admin@::1' })
    registry.prune(limits.serverMemoryMs + 1)
    expect(told(90_000, 2)).toEqual([
      '1.0 server forgotten a deleted by admin@::1',
      '27.0 server stale b',
      '86400.0 server forgotten b stale for a day',
    ])
  })
})

describe('events about a mount', () => {
  test('say that it is up with its first server, has no master, has one again, and is lost with its last', () => {
    const { send, told } = decider()
    send(0, 'm', master())
    send(1, 'a')
    send(5, 'm', { role: 'master', mounts: [] })
    send(6, 'm', master())
    send(7, 'm', { role: 'master', mounts: [] })
    send(9, 'a', { mounts: [] })
    expect(told(9).filter((line) => line.includes('mount'))).toEqual([
      '0.0 mount up m /live.mp3',
      '5.0 mount has no master m /live.mp3',
      '6.0 mount has a master m /live.mp3',
      '7.0 mount has no master m /live.mp3',
      '9.0 mount lost a /live.mp3',
    ])
  })

  test('find it lost at the deadline of its last server', () => {
    const { send, told } = decider()
    send(0, 'm', master())
    send(1, 'a')
    send(20, 'a')
    // as long as anybody reports, the decider hears well
    for (const atS of [20, 30, 40, 50]) send(atS, 'other', { mounts: [] })
    expect(told(55).slice(3)).toEqual([
      '20.0 server new other',
      '27.0 server stale m',
      '27.0 mount has no master m /live.mp3',
      '47.0 server stale a',
      '47.0 mount lost a /live.mp3',
    ])
  })

  test('do not report a missing master that never was: slaves of a plain Icecast carry it', () => {
    const { send, told } = decider()
    send(0, 'a')
    send(1, 'b')
    send(2, 'a', { mounts: [] })
    expect(told(2).filter((line) => line.includes('mount'))).toEqual(['0.0 mount up a /live.mp3'])
  })

  test('tell a new source and a new title, but not the first of a mount, nor each of two masters', () => {
    const { send, told } = decider()
    const since = '2026-11-25T20:00:00Z'
    send(0, 'm', master({ title: 'One', since }))
    send(1, 'n', master({ title: 'One', since: '2026-11-25T20:00:01Z' }))
    send(2, 'm', master({ title: 'Two', artist: 'Band', since }))
    send(3, 'n', master({ title: 'Two', artist: 'Band', since: '2026-11-25T20:00:01Z' }))
    send(4, 'm', master({ title: 'Two', artist: 'Band', since: '2026-11-25T22:00:00Z' }))
    expect(told(4).filter((line) => /changed/.test(line))).toEqual([
      '2.0 title changed m /live.mp3 Band – Two',
      '4.0 source changed m /live.mp3 2026-11-25T22:00:00Z',
    ])
  })

  test('tell a source that is back as a mount that is up, and not as a changed source or title', () => {
    const { send, told } = decider()
    send(0, 'm', master({ title: 'One', since: '2026-11-25T20:00:00Z' }))
    send(1, 'm', { role: 'master', mounts: [] })
    send(2, 'm', master({ title: 'Two', since: '2026-11-25T20:00:02Z' }))
    expect(told(2, 2)).toEqual(['1.0 mount lost m /live.mp3', '2.0 mount up m /live.mp3'])
  })

  test('do not flood: a title that changes every second is told four times, then once a minute, and the last one is told', () => {
    const { send, told } = decider()
    for (let s = 0; s < 300; s++) send(s, 'm', master({ title: `Title ${s}` }))
    const titles = told(400, 2).filter((line) => line.includes('title'))
    expect(titles.length).toBeLessThanOrEqual(limits.eventsOfFacet.burst + 6)
    expect(titles.at(-1)).toBe('299.0 title changed m /live.mp3 Title 299')
  })

  test('tell a thousand mounts that come and go together as one', () => {
    const { send, told } = decider()
    const mounts = Array.from({ length: 1000 }, (_, i) => mountReport(`/${i}.mp3`))
    send(0, 'm', { role: 'master', mounts })
    expect(told(100)).toEqual([
      '0.0 server new m',
      '0.0 mount up m 1000 mounts: /0.mp3, /1.mp3, /2.mp3, …',
      '27.0 server stale m',
      '27.0 mount lost m 1000 mounts: /0.mp3, /1.mp3, /2.mp3, …',
    ])
  })

  test('do not count a polled slave, which carries it only while a master does', () => {
    const { send, told, registry } = decider()
    send(0, 'm', master())
    const polled = reportOf('p')
    registry.put(polled, printSourcelist(polled), 0, { polled: true })
    send(1, 'm', { role: 'master', mounts: [] })
    expect(told(1).at(-1)).toBe('1.0 mount lost m /live.mp3')
  })
})

describe('a restart of the decider', () => {
  test('tells nothing by itself: servers that report again had never gone', () => {
    const { send, told, restart } = decider()
    send(0, 'm', master({ title: 'One', since: '2026-11-25T20:00:00Z' }))
    send(0, 'a', full)
    const before = told(0)
    restart(3600)
    send(3605, 'm', master({ title: 'One', since: '2026-11-25T20:00:00Z' }))
    send(3605, 'a', full)
    expect(told(3610)).toEqual(before)
  })

  test('gives servers the time of their promise to report again, then tells that they were stale', () => {
    const { send, told, restart } = decider()
    send(0, 'm', master())
    restart(3600)
    expect(told(3627)).toHaveLength(2)
    expect(told(3628, 2)).toEqual(['3627.0 server stale m', '3627.0 mount lost m /live.mp3'])
  })

  test('remembers what was told before: stale, left, drained, full, unreachable', () => {
    const { send, told, restart, registry } = decider()
    send(0, 'stale', { mounts: [] })
    send(0, 'left', { mounts: [] })
    send(1, 'left', { mounts: [], state: 'leaving' })
    for (const id of ['drained', 'full', 'cut']) send(100, id, { mounts: [], ...(id === 'full' && full) })
    registry.setDrain('drained', true, { nowMs: 101_000 })
    registry.setProbed('cut', { url: 'http://cut.example', problem: 'no answer' }, 102_000)
    const before = told(110)
    restart(115)
    for (const id of ['drained', 'full', 'cut']) send(120, id, { mounts: [], ...(id === 'full' && full) })
    expect(told(125)).toEqual(before)
  })
})

describe('after a restart of the decider', () => {
  const answers = { url: 'http://cut.example', problem: undefined }
  const silent = { url: 'http://cut.example', problem: 'no answer' }

  test('a change that was over before is not told once more: back, with room, reachable', () => {
    const decided = decider()
    const { send, told, restart } = decided
    send(0, 'back', { mounts: [] })
    send(0, 'returned', { mounts: [], state: 'leaving' })
    told(50)
    send(60, 'back', { mounts: [] })
    send(60, 'returned', { mounts: [] })
    send(60, 'room', { mounts: [], ...full })
    send(70, 'room', { mounts: [], maxListeners: 100 })
    send(70, 'cut', { mounts: [] })
    for (const probed of [silent, answers]) decided.registry.setProbed('cut', probed, 70_000)
    const before = told(75)
    expect(before).toContain('60.0 server back back')
    restart(80)
    for (const id of ['back', 'returned', 'room', 'cut']) send(85, id, { mounts: [], maxListeners: 100 })
    decided.registry.setProbed('cut', answers, 86_000)
    expect(told(90)).toEqual(before)
  })

  test('the end of each is told then: a server is back, has room, is reachable, is undrained', () => {
    const decided = decider()
    const { send, told, restart } = decided
    send(0, 'stale', { mounts: [] })
    for (const id of ['full', 'cut', 'drained']) send(50, id, { mounts: [], ...(id === 'full' && full) })
    // with a hundredth free it still counts as full
    send(50, 'nearly', { mounts: [], ...full })
    send(51, 'nearly', { mounts: [], ...full, listeners: 99 })
    send(51, 'left', { mounts: [], state: 'leaving' })
    decided.registry.setDrain('drained', true, { nowMs: 50_000 })
    decided.registry.setProbed('cut', silent, 50_000)
    const { length } = told(60)
    restart(61)
    for (const id of ['stale', 'left', 'full', 'nearly', 'cut', 'drained'])
      send(62, id, { mounts: [], maxListeners: 100 })
    decided.registry.setProbed('cut', answers, 63_000)
    decided.registry.setDrain('drained', false, { nowMs: 64_000 })
    expect(told(65, length)).toEqual([
      '62.0 server back stale',
      '62.0 server back left',
      '62.0 server has room full',
      '62.0 server has room nearly',
      '63.0 server reachable cut',
      '64.0 server undrained drained',
    ])
  })
})

test('an event costs one written row, in the transaction of its report; a report without one writes none', () => {
  const sql = memorySql()
  const written: string[] = []
  let depth = 0
  const counted: Sql = {
    ...sql,
    all(query, ...params) {
      if (/^(?:INSERT|DELETE|UPDATE)/.test(query))
        written.push(`${depth} ${/(?:INTO|FROM) (\w+)/.exec(query)?.[1]}`)
      return sql.all(query, ...params)
    },
    tx: (fn) =>
      sql.tx(() => {
        depth++
        try {
          return fn()
        } finally {
          depth--
        }
      }),
  }
  const { send } = decider(counted)
  written.length = 0
  send(1, 'a')
  expect(written.filter((each) => !each.includes('history'))).toEqual(['1 server', '1 event', '1 event'])
  written.length = 0
  send(11, 'a')
  expect(written).toEqual(['0 server'])
})

test('each event is a line of the log, and a warning where an operator may have to act', async () => {
  const records = await logged(() => {
    const { send, registry, told } = decider()
    send(0, 'm', master())
    send(1, 'a', full)
    registry.setDrain('a', true, { nowMs: 2000, by: 'admin@::1' })
    send(3, 'm', { role: 'master', mounts: [] })
    told(100)
  })
  expect(records.map(({ level, message, properties }) => [level, message.join(''), properties])).toEqual([
    ['info', 'server joined', { server: 'm' }],
    ['info', 'mount up', { server: 'm', mount: '/live.mp3' }],
    ['info', 'server joined', { server: 'a' }],
    ['info', 'server full', { server: 'a' }],
    ['info', 'server drained', { server: 'a', detail: 'by admin@::1' }],
    ['warning', 'mount has no master', { server: 'm', mount: '/live.mp3' }],
    ['warning', 'server stale', { server: 'a' }],
    ['warning', 'mount lost', { server: 'a', mount: '/live.mp3' }],
    ['warning', 'server stale', { server: 'm' }],
  ])
})

test(`a server is stale ${deadline} ms after its last report, by the same rule as in the draw`, () => {
  const { send, registry } = decider()
  send(0, 'a', { mounts: [] })
  registry.sweep(deadline)
  expect(registry.events(deadline)).toHaveLength(1)
  expect(registry.events(deadline + 0.1)).toHaveLength(2)
})
