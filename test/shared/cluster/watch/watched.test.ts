import { describe, expect, test } from 'vitest'
import { ClusterWatch } from '../../../../shared/cluster/watch/cluster-watch.ts'
import type { ClusterEvent } from '../../../../shared/cluster/watch/event.ts'
import { WatchedMount } from '../../../../shared/cluster/watch/watched-mount.ts'
import { dueAfterRestart, toldOf, WatchedServer } from '../../../../shared/cluster/watch/watched-server.ts'
import { View } from '../../../../shared/draw/view.ts'
import { limits } from '../../../../shared/limits.ts'
import type { Report } from '../../../../shared/report/report.ts'
import { live } from '../../../kit/draws.ts'
import { mountReport, serverOf } from '../../../kit/reports.ts'

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
  const watched = () => {
    const view = new View(100)
    const watch = new ClusterWatch(view)
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
})
