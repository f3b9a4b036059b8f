import { describe, expect, test } from 'vitest'
import { ClusterWatch } from '../../../../shared/cluster/watch/cluster-watch.ts'
import type { ClusterEvent } from '../../../../shared/cluster/watch/event.ts'
import { WatchedMount } from '../../../../shared/cluster/watch/watched-mount.ts'
import { dueAfterRestart, toldOf, WatchedServer } from '../../../../shared/cluster/watch/watched-server.ts'
import type { Server } from '../../../../shared/draw/server.ts'
import { View } from '../../../../shared/draw/view.ts'
import { limits } from '../../../../shared/limits.ts'
import type { Report } from '../../../../shared/report/report.ts'
import { live } from '../../../kit/parts/draws.ts'
import { mountReport, serverOf } from '../../../kit/parts/reports.ts'

const kinds = (events: readonly ClusterEvent[]) => events.map(({ kind }) => kind)

describe('what was told of a server before a restart', () => {
  const told = (over: Partial<Report> = {}, kindsBefore: ClusterEvent['kind'][] = [], oldestMs = 0) =>
    toldOf(
      serverOf('a', over),
      kindsBefore.map((kind) => ({ at: 0, kind, server: 'a' })),
      oldestMs,
      100,
    )

  test('is what its last report says, unless that is older than all events', () => {
    expect(told()).toEqual({ standing: 'live', isFull: false, isReached: true, isDrained: false })
    expect([told({}, [], 27_000).standing, told({}, [], 27_001).standing]).toEqual(['live', 'stale'])
    expect(told({ state: 'draining' }).isDrained).toBe(true)
    expect(told({ state: 'leaving' }).standing).toBe('left')
    expect([
      told({ listeners: 100 }).isFull,
      told({ maxListeners: 0 }).isFull,
      told({ maxListeners: undefined }).isFull,
    ]).toEqual([true, false, false])
  })

  test('and what its last events say', () => {
    const standings = ['server new', 'server stale', 'server back', 'server leaving'] as const
    expect(standings.map((kind) => told({}, ['server stale', kind]).standing)).toEqual([
      'live',
      'stale',
      'live',
      'left',
    ])
    expect(told({}, ['server full']).isFull).toBe(true)
    expect(told({ listeners: 100 }, ['server full', 'server has room']).isFull).toBe(false)
    expect(told({}, ['server unreachable']).isReached).toBe(false)
    expect(told({}, ['server unreachable', 'server reachable', 'server drained']).isReached).toBe(true)
  })

  test('and it has the longer of what it promised and a whole deadline from the start on', () => {
    expect(dueAfterRestart(serverOf('a'), 5000)).toBe(32_000)
    expect(dueAfterRestart(serverOf('a', {}, { receivedAtMs: 9000 }), 5000)).toBe(36_000)
  })
})

describe('a server that is watched', () => {
  test('has no deadline and no news if it is this program itself', () => {
    const watch = new WatchedServer('a')
    expect([watch.dueMs, watch.standing]).toEqual([Number.POSITIVE_INFINITY, 'new'])
    expect(kinds(watch.reported(serverOf('a'), 0, 100, true))).toEqual([])
    expect(watch.dueMs).toBe(Number.POSITIVE_INFINITY)
    expect(kinds(watch.reported(serverOf('a'), 0, 100, false))).toEqual([])
    expect(watch.dueMs).toBe(27_000)
  })

  test('is told until all of it is told', () => {
    const watch = new WatchedServer('a')
    expect(kinds(watch.reported(serverOf('a', { listeners: 100 }), 0, 100, false))).toEqual([
      'server new',
      'server full',
    ])
    const { burst } = limits.eventsOfFacet
    for (let i = 0; i < 2 * burst; i++)
      watch.reported(serverOf('a', { listeners: i % 2 === 0 ? 0 : 100 }), i, 100, false)
    watch.reported(serverOf('a', { listeners: 100 }), 100, 100, false)
    expect(watch.isTold).toBe(false)
    expect([kinds(watch.tell(30_000)), kinds(watch.tell(60_100))]).toEqual([[], ['server full']])
    expect(watch.isTold).toBe(true)
  })

  test('that is undrained here may echo that it was, and drains by itself only after it has said that it is up', () => {
    const watch = new WatchedServer('a')
    const says = (state: Report['state']) =>
      kinds(watch.reported(serverOf('a', { state }), 0, 100, false)).filter((kind) => /drain/.test(kind))
    says('up')
    expect(kinds(watch.drained(false, serverOf('a'), 'me', 0))).toEqual([])
    expect(says('draining')).toEqual(['server drained'])
    expect(kinds(watch.drained(false, serverOf('a', { state: 'draining' }), 'me', 0))).toEqual([
      'server undrained',
    ])
    expect([says('draining'), says('up'), says('draining')]).toEqual([[], [], ['server drained']])
  })
})

describe('a mount that is watched', () => {
  const cause = { server: 'm', atMs: 5 }
  const up = (masters = 1) => {
    const watch = new WatchedMount(live)
    watch.carriers = 2
    watch.masters = masters
    return watch
  }

  test('is over once nobody carries it and that is told, and since when', () => {
    const watch = up()
    watch.changed(cause, 5)
    expect([watch.isTold, watch.isOver, watch.sinceMs]).toEqual([true, false, 5])
    watch.carriers = 0
    watch.masters = 0
    expect(watch.changed({ ...cause, atMs: 9 }, 9)).toEqual([
      { at: 9, kind: 'mount lost', server: 'm', mount: live },
    ])
    expect([watch.isOver, watch.sinceMs]).toEqual([true, 9])
  })

  test('is known after a restart without an event, and loses a master only if it had one', () => {
    const with1 = up()
    with1.restored()
    with1.masters = 0
    expect(kinds(with1.changed(cause, 5))).toEqual(['mount has no master'])
    const with0 = up(0)
    with0.restored()
    expect(kinds(with0.changed(cause, 5))).toEqual([])
    with0.masters = 1
    expect(kinds(with0.changed(cause, 5))).toEqual([])
    with0.masters = 0
    expect(kinds(with0.changed(cause, 6))).toEqual(['mount has no master'])
  })

  test('that gains and loses its masters, or has a title now and then, is told of a few times, then once a minute', () => {
    const watch = up()
    watch.changed(cause, 0)
    const told: string[] = []
    for (let i = 1; i <= 40; i++) {
      watch.masters = i % 2
      told.push(...kinds(watch.changed({ ...cause, atMs: i }, i)))
    }
    expect(told).toHaveLength(limits.eventsOfFacet.burst)
    const titled = up()
    titled.changed(cause, 0)
    titled.described('m', { title: 'zero' }, 0)
    const titles = Array.from({ length: 40 }, (_, i) =>
      kinds(titled.described('m', i % 2 === 0 ? undefined : { title: `${i}` }, i)),
    )
    expect(titles.flat()).toHaveLength(limits.eventsOfFacet.burst)
  })

  test('tells each word that differs: of the artist too, and none that is taken back', () => {
    const watch = up()
    watch.changed(cause, 5)
    const said = (about: object | undefined) =>
      watch.described('m', about, 6).map(({ kind, detail }) => `${kind} ${detail}`)
    expect(said({ artist: 'A', title: 'One' })).toEqual([])
    expect(said({ artist: 'A', title: 'One' })).toEqual([])
    expect(said({ artist: 'B', title: 'One' })).toEqual(['title changed B – One'])
    expect(said({ artist: 'B', title: 'One', since: '1' })).toEqual(['source changed 1'])
    expect(said({ since: '1' })).toEqual([])
    expect(said({ title: 'Two', since: '1' })).toEqual(['title changed Two'])
    expect(said(undefined)).toEqual([])
  })
})

describe('a cluster that is watched', () => {
  const watched = (namesKeptMax?: number) => {
    const view = new View(100, namesKeptMax === undefined ? undefined : 0)
    const watch = new ClusterWatch(view, namesKeptMax)
    const report = (id: string, over: Partial<Report> = {}, atMs = 0) => {
      const server = serverOf(id, over, { receivedAtMs: atMs })
      view.put(server)
      return kinds(watch.reported(server, atMs))
    }
    return { view, watch, report }
  }

  test('has a mount whose server becomes a master, or a slave, though it carries what it did', () => {
    const { report } = watched()
    report('s')
    report('x')
    expect(report('x', { role: 'master' })).toEqual([])
    expect(report('x')).toEqual(['mount has no master'])
    expect(report('x', { role: 'master' })).toEqual(['mount has a master'])
    report('y', { role: 'master' })
    expect(report('x')).toEqual([])
    expect(report('y', { role: 'master', mounts: [] })).toEqual(['mount has no master'])
  })

  test('does not count the mounts of a server that leaves, and forgets one with all that is untold', () => {
    const { watch, report, view } = watched()
    report('a')
    expect(report('a', { state: 'leaving' }, 1)).toEqual(['server leaving', 'mount lost'])
    report('b', {}, 2)
    for (let i = 0; i < 12; i++) report('b', { listeners: i % 2 === 0 ? 100 : 0 }, 3 + i)
    view.remove('b')
    expect(kinds(watch.forgotten('b', 'gone', 20))).toEqual(['server forgotten', 'mount lost'])
    expect(watch.sweep(100_000)).toEqual([])
    expect(watch.probed('b', { url: 'http://b', problem: 'gone' }, 0)).toEqual([])
  })

  test('tells words of the master that relays are sent to, also where that becomes another', () => {
    const { report } = watched()
    const saying = (title: string) => ({
      role: 'master' as const,
      mounts: [mountReport('/live.mp3', { about: { title } })],
    })
    report('n', saying('One'))
    expect(report('n', saying('Two'))).toEqual(['title changed'])
    expect(report('m', saying('Two')), 'the first by id, with the same words').toEqual(['server new'])
    expect(report('n', saying('Three'))).toEqual([])
    expect(report('m', { role: 'master', mounts: [] })).toEqual([])
    expect(report('n', saying('Three')), 'it speaks again').toEqual(['title changed'])
  })

  test('lets a server be kept in beyond the moment at which it was due', () => {
    const { watch, report, view } = watched()
    report('a')
    const server = view.servers.get('a')
    if (server) server.heldUntilMs = 90_000
    expect(watch.sweep(60_000)).toEqual([])
    expect(watch.sweep(90_000)).toEqual([])
    expect(watch.sweep(90_001).map(({ at, kind }) => [at, kind])).toEqual([
      [90_000, 'server stale'],
      [90_000, 'mount lost'],
    ])
  })

  test('forgets mounts that are gone for more than five minutes: one that comes and goes all the time is told a few times until then', () => {
    const { watch, report } = watched()
    const gone = { mounts: [] }
    report('a', {}, 1000)
    for (let i = 0; i < 6; i++) report('a', i % 2 === 0 ? gone : {}, 2000)
    report('a', gone, 2000)
    watch.prune(2000 + limits.mountMemoryMs)
    expect(report('a', {}, 2001)).toEqual([])
    expect(report('a', gone, 2002)).toEqual([])
    watch.prune(2003 + limits.mountMemoryMs)
    expect(report('a', {}, 2004)).toEqual(['mount up'])
  })

  test('forgets all mounts that are gone once these are very many, and no other', () => {
    const { report } = watched(2)
    const carry = (...paths: string[]) => report('a', { mounts: paths.map((path) => mountReport(path)) })
    for (let i = 0; i < 6; i++) carry(...(i % 2 === 0 ? ['/0'] : []))
    expect(carry('/0'), 'it has come and gone too often').toEqual([])
    carry('/1')
    carry('/2')
    expect(carry('/0'), 'two are gone').toEqual(['mount lost'])
    carry('/3')
    carry('/4')
    expect(carry('/0'), 'three were').toContain('mount up')
  })

  test('has a server to the last moment of its deadline, as others go stale', () => {
    const { watch, report } = watched()
    report('a')
    report('b', {}, 5000)
    expect(watch.sweep(32_000).map(({ kind, server }) => [kind, server])).toEqual([['server stale', 'a']])
  })

  test('does not tell of a server that was forgotten what was untold of it', () => {
    const { watch, report, view } = watched()
    report('a')
    for (let i = 0; i < 13; i++) report('a', { listeners: i % 2 === 0 ? 100 : 0, mounts: [] }, i)
    view.remove('a')
    watch.forgotten('a', 'gone', 20)
    expect(watch.sweep(100_000)).toEqual([])
  })

  test('tells that a server drains by itself, though it is new', () => {
    const { report } = watched()
    expect(report('a', { state: 'draining', mounts: [] })).toEqual(['server drained', 'server new'])
  })

  test('tells words of another master once the first is gone, though it says what it did', () => {
    const { report } = watched()
    const saying = (title: string) => ({
      role: 'master' as const,
      mounts: [mountReport('/live.mp3', { about: { title } })],
    })
    report('m', saying('One'))
    // what says the same is the same object
    const same = saying('Two')
    report('n', same)
    report('n', same, 1)
    report('m', { ...saying('One'), state: 'leaving' }, 2)
    expect(report('n', same, 3)).toEqual(['title changed'])
  })
})

describe('a cluster that is watched from a restart on', () => {
  const masterSaying = (title: string) =>
    serverOf('m', { role: 'master', mounts: [mountReport('/live.mp3', { about: { title } })] })
  const restored = (servers: Server[], events: ClusterEvent[], startMs: number) => {
    const view = new View(100)
    view.load(servers, startMs)
    const watch = new ClusterWatch(view)
    watch.restore(events, startMs)
    return { view, watch }
  }
  const first: ClusterEvent = { at: 1000, kind: 'wrong login' }

  test('tells that a server went stale meanwhile, and not of one that was stale before all that it remembers', () => {
    const late = serverOf('late', { mounts: [] }, { receivedAtMs: 100_000 })
    const old = serverOf('old', { mounts: [] }, { receivedAtMs: -100_000 })
    const { watch } = restored([late, old], [first], 1_000_000)
    expect(watch.sweep(1_100_000)).toEqual([{ at: 1_027_000, kind: 'server stale', server: 'late' }])
  })

  test('does not count mounts of servers that were stale before', () => {
    const { view, watch } = restored(
      [serverOf('here', {}, { receivedAtMs: 900_000 }), serverOf('old', {}, { receivedAtMs: -100_000 })],
      [first],
      900_000,
    )
    view.remove('here')
    expect(kinds(watch.forgotten('here', 'gone', 900_001))).toEqual(['server forgotten', 'mount lost'])
  })

  test('knows the titles of its masters', () => {
    const { view, watch } = restored([masterSaying('One')], [], 1000)
    view.put(masterSaying('Two'))
    expect(kinds(watch.reported(masterSaying('Two'), 2000))).toEqual(['title changed'])
  })
})
