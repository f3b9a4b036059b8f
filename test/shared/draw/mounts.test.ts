import { describe, expect, test } from 'vitest'
import { decide } from '../../../shared/draw/decide.ts'
import type { Server } from '../../../shared/draw/server.ts'
import { View } from '../../../shared/draw/view.ts'
import { limits } from '../../../shared/limits.ts'
import type { MountReport, Report } from '../../../shared/report/report.ts'
import { policy, viewOf } from '../../kit/parts/draws.ts'
import { mountOf, mountReport, seededRoll, serverOf } from '../../kit/parts/reports.ts'

const [a, b, c] = ['/a', '/b', '/c'].map(mountOf)
const mounts = (...paths: string[]) => ({ mounts: paths.map((path) => mountReport(path)) })
const master = (id: string, over: Partial<Report> = {}, held: Partial<Server> = {}) =>
  serverOf(id, { role: 'master', ...over }, held)
const namesOf = (view: View) => [...view.mounts.keys()]

describe('names of mounts that no server carries any more', () => {
  const carry = (view: View, ...paths: string[]) => view.put(serverOf('a', mounts(...paths)))

  test('are all forgotten once they are too many, and those that servers carry are not', () => {
    const view = new View(100, 2)
    for (const path of ['/1', '/2', '/3']) carry(view, path)
    expect(namesOf(view)).toEqual(['/1', '/2', '/3'])
    carry(view, '/4')
    expect(namesOf(view)).toEqual(['/4'])
    for (const path of ['/5', '/6']) carry(view, path)
    expect(namesOf(view)).toEqual(['/4', '/5', '/6'])
    view.put(serverOf('b', mounts('/4', '/5')))
    carry(view, '/7')
    expect(namesOf(view), 'two have carriers again, and /6 has none').toEqual(['/4', '/5', '/6', '/7'])
    view.remove('a')
    carry(view, '/8')
    expect(namesOf(view)).toEqual(['/4', '/5', '/6', '/7', '/8'])
    carry(view, '/9')
    expect(namesOf(view)).toEqual(['/4', '/5', '/9'])
  })

  test('are not those that another server carries on', () => {
    const view = new View(100, 2)
    carry(view, '/x')
    for (let i = 0; i < 5; i++) for (const path of ['/x', '/y']) view.put(serverOf('b', mounts(path)))
    for (const path of ['/1', '/2', '/3']) view.put(serverOf('c', mounts(path)))
    expect(namesOf(view)).toEqual(['/x', '/y', '/1', '/2', '/3'])
    view.put(serverOf('c', mounts('/4')))
    expect(namesOf(view)).toEqual(['/x', '/y', '/4'])
  })

  test('make room as they are forgotten for their age', () => {
    const view = new View(100, 2)
    for (const path of ['/1', '/2', '/3']) carry(view, path)
    view.prune(limits.mountMemoryMs + 1)
    expect([namesOf(view), view.groups]).toEqual([['/3'], 1])
    for (const path of ['/4', '/5']) carry(view, path)
    expect(namesOf(view)).toEqual(['/3', '/4', '/5'])
  })

  test('are known for five minutes since their last report, live or not, whatever the time', () => {
    const [atMs, path] = [1_700_000_000_000, '/a']
    const held = { receivedAtMs: atMs }
    const isKnown = (view: View, ms: number) => view.isKnown(mountOf(path), atMs + ms)
    const stale = () => viewOf(serverOf('a', { ...mounts(path), interval: 10 }, held))
    expect([60_000, 300_000, 300_001].map((ms) => isKnown(stale(), ms))).toEqual([true, true, false])
    const seldom = viewOf(serverOf('a', { ...mounts(path), interval: 3600 }, held))
    expect([300_001, 9_002_000, 9_002_001].map((ms) => isKnown(seldom, ms))).toEqual([true, true, false])
  })

  test('are not those that a polled server alone has had: these may be other mounts of that name', () => {
    const view = viewOf(serverOf('p', mounts('/a'), { polled: true }))
    expect(view.isKnown(mountOf('/a'), 0)).toBe(false)
    view.put(serverOf('p', mounts('/b'), { polled: true }))
    expect(view.isKnown(mountOf('/a'), 0)).toBe(false)
  })
})

describe('a peak', () => {
  const stream = (path: string, since: string, listeners: number) =>
    mountReport(path, { listeners, about: { since } })
  const peaks = (view: View) => [a, b, c].map((mount) => mount && view.mounts.get(mount)?.listenerPeak)

  test('stays where the master is polled no longer and names its mounts in another order, except of a new stream', () => {
    const view = new View(100)
    const first = [stream('/a', '1', 5), stream('/b', '2', 6), stream('/c', '3', 7)]
    view.put(master('m', { mounts: first }, { polled: true }))
    view.put(master('m', { mounts: [stream('/b', '2', 1), stream('/c', '4', 1), stream('/a', '1', 1)] }))
    expect(peaks(view)).toEqual([5, 6, 1])
    view.put(
      master(
        'm',
        { mounts: [stream('/b', '2', 0), stream('/c', '5', 0), stream('/a', '1', 0)] },
        { polled: true },
      ),
    )
    expect(peaks(view)).toEqual([5, 6, 0])
  })
})

test('a mount that its last master hid stays hidden while slaves go on to report it', () => {
  const secret = { mounts: [mountReport('/a', { about: { hidden: true } })] }
  const view = viewOf(master('m', secret), serverOf('s', mounts('/a')))
  view.remove('m')
  view.put(serverOf('s', { mounts: [mountReport('/a', { listeners: 3 })] }))
  view.put(serverOf('s2', mounts('/a')))
  expect(view.mounts.get(mountOf('/a'))?.isPrivate).toBe(true)
})

test('mounts with limits of their own follow the slots of their server, whatever becomes of the others', () => {
  const view = new View(100)
  const one = mountReport('/one', { max: 10 })
  const other = mountReport('/other', { max: 20 })
  const free = mountReport('/free')
  const slotsOf = (all: MountReport[], listeners: number) => {
    view.put(serverOf('a', { listeners, mounts: all }))
    return all.map(({ mount }) => view.pool(mount, false)?.freeAt(0, 0))
  }
  expect(slotsOf([one, other, free], 95)).toEqual([5, 5, 5])
  expect(slotsOf([one, other, free], 0)).toEqual([10, 20, 100])
  const loud = mountReport('/free', { listeners: 1 })
  expect(slotsOf([one, other, loud], 95)).toEqual([5, 5, 5])
  expect(slotsOf([one, other, loud], 0)).toEqual([10, 20, 100])
  const unlimited = mountReport('/other')
  for (const second of [other, unlimited]) expect(slotsOf([one, second, loud], 95)).toEqual([5, 5, 5])
  expect(slotsOf([one, unlimited, loud], 0)).toEqual([10, 100, 100])
  expect(slotsOf([unlimited, loud], 95)).toEqual([5, 5])
})

describe('mounts are in one group again', () => {
  test.each<[string, Partial<Server>, 'master' | 'slave']>([
    ['a master', {}, 'master'],
    ['a slave', {}, 'slave'],
    ['a polled slave', { polled: true }, 'slave'],
  ])('as %s has dropped one of them and carries it again', (_, held, role) => {
    const view = viewOf(
      master('m', mounts('/a', '/b')),
      serverOf('p', mounts('/a', '/b'), { polled: true }),
      ...['s1', 's2', 's3', 's4', 's5'].map((id) => serverOf(id, mounts('/a', '/b'))),
    )
    for (let i = 0; i < 9; i++) {
      const put = (...paths: string[]) => view.put(serverOf(`x${i}`, { role, ...mounts(...paths) }, held))
      put('/a', '/b')
      expect(view.groups).toBe(1)
      put('/b')
      expect(view.groups).toBe(2)
      put('/b', '/a')
      expect(view.groups).toBe(1)
    }
  })

  test('whichever kinds of them come one after the other: where the line binds, those of one bit rate', () => {
    const view = new View(1000)
    const all = ['/a', '/flac', '/b', '/flac2', '/c'].map((path) =>
      mountReport(path, { kbps: path.startsWith('/flac') ? 1411 : 128 }),
    )
    view.put(serverOf('a', { mounts: all, maxListeners: 100, maxBandwidth: 50_000, bandwidth: 0 }))
    expect(view.groups).toBe(2)
    const limited = all.map((each, i) => (i === 1 ? { ...each, max: 1 } : each))
    view.put(serverOf('a', { mounts: limited, maxListeners: 100, maxBandwidth: 50_000, bandwidth: 0 }))
    expect(view.groups).toBe(3)
  })
})

describe('the sums of a mount', () => {
  const live = mountOf('/live.mp3')
  const with7 = (id: string, receivedAtMs: number, over: Partial<Report> = {}) =>
    serverOf(id, { mounts: [mountReport('/live.mp3', { listeners: 7 })], ...over }, { receivedAtMs })

  test('have a server to the last moment of its deadline, as others go stale', () => {
    expect(viewOf(with7('a', 0), with7('b', 5000)).onAir(live, 32_000)?.listeners).toBe(7)
  })

  test('lose very many mounts of stale servers a part at a time, so that listeners do not wait', () => {
    const paths = Array.from({ length: 5000 }, (_, i) => `/${i}`)
    const view = viewOf(serverOf('large', mounts(...paths)), with7('a', 0))
    expect([60_000, 60_000, 60_001].map((nowMs) => view.onAir(live, nowMs)?.listeners)).toEqual([
      7,
      7,
      undefined,
    ])
    const fewer = viewOf(serverOf('large', mounts(...paths.slice(1))), with7('a', 0))
    expect(fewer.onAir(live, 60_000)).toBeUndefined()
  })

  test('have the type and the bit rate of a server that carries the mount', () => {
    const of = (id: string, contentType: string, kbps: number) =>
      serverOf(id, { mounts: [mountReport('/live.mp3', { contentType, kbps })] })
    const view = viewOf(of('a', 'audio/aac', 64), of('b', 'audio/mpeg', 128))
    expect(view.onAir(live, 0)).toMatchObject({ contentType: 'audio/aac', bitrate: 64 })
    view.put(serverOf('a', { mounts: [] }))
    expect(view.onAir(live, 0)).toMatchObject({ contentType: 'audio/mpeg', bitrate: 128 })
  })

  test('know the masters by id, whichever reported first', () => {
    for (const ids of [
      ['m3', 'm1', 'm2'],
      ['m1', 'm2', 'm3'],
      ['m3', 'm2', 'm1'],
      ['m2', 'm3', 'm1'],
    ])
      expect(
        viewOf(...ids.map((id) => master(id)))
          .masters(live, 0)
          .map(({ report }) => report.id),
      ).toEqual(['m1', 'm2', 'm3'])
  })
})

describe('the demand of a mount', () => {
  const berlin = { latitude: 52.5, longitude: 12.5 }
  const madrid = { latitude: 42.5, longitude: -2.5 }
  /** What part of its listeners near Berlin may stay there: nine tenths of 5,000 slots, of 20 a second who come for an hour. */
  function fleet() {
    const view = new View(100)
    const put = (id: string, maxListeners: number, paths: string[], location = madrid) =>
      view.put(serverOf(id, { maxListeners, ...mounts(...paths), interval: 3600 }, { location }))
    const roll = seededRoll(1)
    const draw = (path: string, nowMs: number, probe = true) => {
      const asked = { mount: mountOf(path), secure: false, relay: false, from: { location: berlin }, probe }
      const decision = decide(view, asked, nowMs, roll, policy)
      return typeof decision === 'string' ? decision : decision.server.report.id
    }
    const crowd = (path: string, fromMs = 0) => {
      for (let i = 0; i < 200; i++) draw(path, fromMs + i * 50, false)
    }
    /** the part of 500 that stays near at the end of some rounds of prices */
    const nearAt = (path: string, ...roundsMs: number[]) => {
      for (const nowMs of roundsMs) draw(path, nowMs)
      const last = roundsMs.at(-1) ?? 0
      return Array.from({ length: 500 }, () => draw(path, last)).filter((id) => id === 'berlin').length / 500
    }
    return { view, put, draw, crowd, nearAt }
  }

  test('goes with it where it parts from others, and comes with all that meet others', () => {
    const { view, put, crowd, nearAt } = fleet()
    for (const [id, slots, location] of [
      ['berlin', 5000, berlin],
      ['madrid', 1_000_000, madrid],
    ] as const)
      put(id, slots, ['/a', '/b'], location)
    crowd('/a')
    put('full', 0, ['/a'])
    expect(view.groups).toBe(2)
    // 4,500 of 48,900, of 34,300, of 24,000
    expect(nearAt('/a', 10_000, 11_000, 12_000)).toBeCloseTo(4500 / 34_300, 1)
    expect(nearAt('/a', 12_000)).toBeGreaterThan(0.07)
    expect(nearAt('/b', 10_000, 11_000, 12_000, 13_000)).toBe(1)
    put('full', 0, [])
    expect(view.groups).toBe(1)
    expect(nearAt('/b', 14_000)).toBeLessThan(0.5)
  })

  test('stays where another one parts from it and meets others', () => {
    const { view, put, draw, crowd, nearAt } = fleet()
    for (const [id, slots, location] of [
      ['berlin', 5000, berlin],
      ['madrid', 1_000_000, madrid],
    ] as const)
      put(id, slots, ['/a', '/b', '/c'], location)
    put('full', 0, ['/c'])
    draw('/c', 0)
    crowd('/a')
    put('full', 0, ['/b', '/c'])
    expect(view.groups).toBe(2)
    expect(nearAt('/a', 10_000, 11_000)).toBeLessThan(0.3)
  })

  test('is none where nobody but probes came before mounts parted', () => {
    const { put, draw, crowd, nearAt } = fleet()
    for (const [id, slots, location] of [
      ['berlin', 5000, berlin],
      ['madrid', 1_000_000, madrid],
    ] as const)
      put(id, slots, ['/a', '/b'], location)
    draw('/a', 0)
    put('full', 0, ['/a'])
    for (const path of ['/a', '/b']) expect(nearAt(path, 1000, 2000)).toBe(1)
    crowd('/a', 3000)
    expect(nearAt('/a', 13_000), 'as any crowd from then on').toBeLessThan(0.5)
  })

  test('comes as well where all listeners are by https', () => {
    const urls = { urls: ['https://a.example'] }
    const view = viewOf(serverOf('a', { ...mounts('/a', '/b'), ...urls }))
    const drawn = (path: string) =>
      view.draw({ mount: mountOf(path), secure: true }, 0, () => 0.5)?.server.report.id
    expect(['/a', '/b'].map(drawn)).toEqual(['a', 'a'])
    view.put(serverOf('full', { maxListeners: 0, ...mounts('/a') }))
    expect(['/a', '/b'].map(drawn)).toEqual(['a', 'a'])
    // some of them asked by http meanwhile
    view.draw({ mount: mountOf('/b'), secure: false }, 0, () => 0.5)
    view.put(serverOf('full', { maxListeners: 0, mounts: [] }))
    expect(['/a', '/b'].map(drawn)).toEqual(['a', 'a'])
  })
})
