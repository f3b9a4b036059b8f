import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { publicMounts } from '../../../shared/api/json.ts'
import { decide } from '../../../shared/draw/decide.ts'
import { liveMounts, momentOf } from '../../../shared/draw/moment.ts'
import type { Server } from '../../../shared/draw/server.ts'
import { View } from '../../../shared/draw/view.ts'
import { wholeOf } from '../../../shared/http/slices.ts'
import type { MountReport } from '../../../shared/report/report.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { mountOf, mountReport, seededRoll, serverOf } from '../../kit/parts/reports.ts'

const policy = { httpsOnly: false }
const berlin = { latitude: 52.5, longitude: 12.5 }
const madrid = { latitude: 42.5, longitude: -2.5 }

/** A fleet: servers that carry the same mounts. */
const mountsOf = (count: number) => Array.from({ length: count }, (_, i) => mountReport(`/mount${i}.mp3`))

describe('the mounts of a fleet', () => {
  /** Reads of all servers in one second of listeners, in addition to those of the draws themselves. */
  function readsOf(servers: number, mounts: number): { perDraw: number; groups: number } {
    const view = new View(100)
    let reads = 0
    for (let i = 0; i < servers; i++) {
      const location = { latitude: (i % 12) * 5 - 30, longitude: (i % 17) * 20 - 170 }
      const server = serverOf(`s${i}`, { maxListeners: 1e6, mounts: mountsOf(mounts) }, { location })
      Object.defineProperty(server, 'factor', { get: () => ++reads && 1 })
      view.put(server)
    }
    const roll = seededRoll(1)
    const draws = 4000
    for (let i = 0; i < draws; i++) {
      const from = { location: { latitude: (i % 7) * 10 - 30, longitude: (i % 9) * 30 - 120 } }
      const mount = mountOf(`/mount${i % mounts}.mp3`)
      const drawn = decide(view, { mount, secure: false, relay: false, from }, i / 4, roll, policy)
      if (typeof drawn === 'string') throw new Error(drawn)
      drawn.server.debit++
    }
    return { perDraw: reads / draws, groups: view.groups }
  }

  test('docs/protocol.md#performance: are one group, and twice as many cost a draw no more', () => {
    const few = readsOf(50, 20)
    const many = readsOf(50, 40)
    expect(few.groups).toBe(1)
    expect(many.groups).toBe(1)
    expect(many.perDraw).toBeLessThan(few.perDraw * 1.05)
  })

  test('docs/protocol.md#performance: twice as many servers are read twice as often a second, not a draw', () => {
    // a second of the world: a draw reads one server, a round each of them
    const roundsOf = (servers: number) => (readsOf(servers, 20).perDraw - 1) * 4000
    expect(roundsOf(100)).toBeLessThan(roundsOf(50) * 2.2 + 400)
  })

  test('docs/protocol.md#performance: a report costs nothing for mounts about which it says nothing new', () => {
    const readsOfReport = (count: number, changed: number) => {
      let reads = 0
      const counted = (mount: MountReport) =>
        new Proxy(mount, {
          get(target, name) {
            reads++
            return Reflect.get(target, name)
          },
        })
      const view = new View(100)
      const mounts = mountsOf(count).map(counted)
      for (const id of ['a', 'b', 'c']) view.put(serverOf(id, { mounts }))
      for (const mount of mountsOf(count)) view.draw({ mount: mount.mount, secure: false }, 0, () => 0.5)
      const next = mounts.map((mount, i) => (i < changed ? counted({ ...mount, listeners: 5 }) : mount))
      reads = 0
      view.put(serverOf('b', { mounts: next, listeners: 7 }, { receivedAtMs: 10 }))
      return reads
    }
    expect(readsOfReport(200, 0)).toBe(readsOfReport(100, 0))
    expect(readsOfReport(200, 3)).toBe(readsOfReport(100, 3))
    expect(readsOfReport(100, 0)).toBeLessThan(10)
  })

  test('part where a server carries one of them no longer, and meet again where it does', () => {
    const view = new View(100)
    const [one, ...others] = mountsOf(5)
    if (!one) throw new Error('there is no mount')
    const all = [one, ...others]
    for (const id of ['a', 'b']) view.put(serverOf(id, { mounts: all }))
    expect(view.groups).toBe(1)
    view.put(serverOf('b', { mounts: others }))
    expect(view.groups).toBe(2)
    const idsOf = ({ mount }: MountReport) => {
      const roll = seededRoll(1)
      const ids = Array.from(
        { length: 50 },
        () => view.draw({ mount, secure: false }, 0, roll)?.server.report.id,
      )
      return [...new Set(ids)].sort()
    }
    expect(idsOf(one)).toEqual(['a'])
    expect(all.slice(1).map(idsOf)).toEqual(Array(4).fill(['a', 'b']))
    view.put(serverOf('b', { mounts: all }))
    expect(view.groups).toBe(1)
    expect(all.map(idsOf)).toEqual(Array(5).fill(['a', 'b']))
  })

  test('part where a limit of their own or the bit rate on a full line gives them other slots', () => {
    const view = new View(100)
    const mounts = [
      mountReport('/one.mp3'),
      mountReport('/roomy.mp3', { max: 1000 }),
      mountReport('/limited.mp3', { max: 10 }),
      mountReport('/flac', { kbps: 1411 }),
      mountReport('/other-flac', { kbps: 1411 }),
    ]
    view.put(serverOf('a', { mounts }))
    expect(view.groups).toBe(2) // the limited one, and the others
    view.put(serverOf('a', { mounts, bandwidth: 0, maxBandwidth: 10_000 }))
    // the line binds now: 78 listeners of 128 kbit/s, 7 of 1,411
    expect(view.groups).toBe(3)
    const freeOf = (path: string) => view.pool(mountOf(path), false)?.at(0)?.free
    expect(mounts.map(({ mount }) => freeOf(mount))).toEqual([78, 78, 10, 7, 7])
    view.put(serverOf('a', { mounts, listeners: 95, bandwidth: 0, maxBandwidth: 10_000 }))
    expect(mounts.map(({ mount }) => freeOf(mount))).toEqual([5, 5, 5, 5, 5])
    expect(view.groups).toBe(1)
  })

  test('keep their demand and prices as they part: a crowd does not fill the near server first', () => {
    const slots = { berlin: 1_000, madrid: 3_000 }
    const view = new View(100)
    const [hot, other] = mountsOf(2)
    if (!hot || !other) throw new Error('there is no mount')
    const put = (id: keyof typeof slots, mounts: MountReport[]) => {
      const location = id === 'berlin' ? berlin : madrid
      // twenty deciders: each redirect stands for twenty joins
      const debit = view.servers.get(id)?.debit ?? 0
      view.put(serverOf(id, { maxListeners: slots[id], mounts }, { location, factor: 20, debit }))
    }
    put('berlin', [hot, other])
    put('madrid', [hot, other])
    const roll = seededRoll(3)
    const sent = { berlin: 0, madrid: 0 }
    for (let i = 0; i < 150; i++) {
      if (i % 10 === 0) put('madrid', i % 20 === 0 ? [hot] : [hot, other]) // the group parts and meets again
      const asked = { mount: hot.mount, secure: false, relay: false, from: { location: berlin } }
      const drawn = decide(view, asked, 2000 + i * 60, roll, policy)
      if (typeof drawn === 'string') throw new Error(drawn)
      drawn.server.debit++
      sent[drawn.server.report.id as keyof typeof slots] += 20
    }
    expect(sent.berlin).toBeLessThanOrEqual(slots.berlin)
    expect(sent.madrid).toBeLessThanOrEqual(slots.madrid)
  })
})

test('an icecast-kh slave that comes or goes leaves the mounts that the same servers carry in one group', () => {
  const view = new View(100)
  const put = (max: number | null) =>
    view.put(serverOf('m', { role: 'master', mounts: [mountReport('/a'), mountReport('/b', { max })] }))
  put(null)
  view.put(serverOf('kh', { mounts: [] }, { carriesAll: true }))
  put(5)
  expect(view.groups).toBe(2)
  put(null)
  expect(view.groups).toBe(1)
  view.remove('kh')
  put(5)
  put(null)
  expect(view.groups).toBe(1)
})

describe('a view after any reports', () => {
  const paths = ['/a', '/b', '/c', '/d']
  const mount = fc.record({
    path: fc.constantFrom(...paths),
    contentType: fc.constantFrom('', 'audio/mpeg', 'audio/aac'),
    max: fc.constantFrom(null, null, 3, 500),
    kbps: fc.constantFrom(0, 64, 128, 1411),
    listeners: fc.integer({ min: 0, max: 5 }),
  })
  const server = fc.record({
    id: fc.constantFrom('s1', 's2', 's3', 'm1', 'm2', 'kh', 'p1'),
    mounts: fc.uniqueArray(mount, { selector: ({ path }) => path, maxLength: 4 }),
    listeners: fc.constantFrom(0, 50, 100),
    line: fc.constantFrom(undefined, 1_000, 1_000_000),
    https: fc.boolean(),
    state: fc.constantFrom('up', 'up', 'up', 'leaving', 'draining'),
    isRemoved: fc.constantFrom(false, false, false, true),
    draws: fc.constantFrom('none', 'http', 'https'),
    waitsMs: fc.constantFrom(0, 1000, 40_000),
  })

  const held = (atMs: number, each: typeof server extends fc.Arbitrary<infer T> ? T : never): Server =>
    serverOf(
      each.id,
      {
        role: each.id.startsWith('m') ? 'master' : 'slave',
        urls: each.https
          ? [`https://${each.id}.example`, `http://${each.id}.example`]
          : [`http://${each.id}.example`],
        listeners: each.listeners,
        state: each.state as 'up',
        mounts: each.id === 'kh' ? [] : each.mounts.map(({ path, ...over }) => mountReport(path, over)),
        ...(each.line && { maxBandwidth: each.line, bandwidth: 0 }),
      },
      { receivedAtMs: atMs, carriesAll: each.id === 'kh', polled: each.id === 'p1' },
    )
  /** All that a draw of each mount can give, by scheme. */
  const shown = (view: View, nowMs: number) =>
    paths.flatMap((path) =>
      [false, true].map((secure) => {
        const pool = view.pool(mountOf(path), secure)
        const servers = Array.from({ length: pool?.size ?? 0 }, (_, i) => pool?.at(i)).flatMap((each, i) =>
          each && pool?.freeAt(i, nowMs)
            ? [`${each.base} ${pool?.freeAt(i, nowMs)} ${each.server.receivedAtMs}`]
            : [],
        )
        return [
          path,
          secure,
          servers.sort(),
          [...(view.mounts.get(mountOf(path))?.carriers.keys() ?? [])].sort(),
        ]
      }),
    )

  /** {@link View.onAir} of each mount shows what can be found by looking at all servers. */
  function expectSums(view: View, nowMs: number) {
    const moment = momentOf(view, nowMs)
    const all = wholeOf(liveMounts(moment))
    for (const mount of paths.map(mountOf)) {
      const carriers = all.get(mount)?.live
      const live =
        carriers &&
        Array.from({ length: carriers.size }, (_, i) => carriers.reportAt(i)).filter((each) => !!each)
      const shown = view.onAir(mount, nowMs)
      expect(shown?.listeners, mount).toBe(live?.reduce((sum, { listeners }) => sum + listeners, 0))
      if (!live || !shown) continue
      const types = live.map(({ contentType }) => contentType).filter((type) => type !== '')
      const rates = live.map(({ kbps }) => kbps).filter((kbps) => kbps > 0)
      expect(types.length === 0 ? [null] : types, mount).toContain(shown.contentType)
      expect(rates.length === 0 ? [null] : rates, mount).toContain(shown.bitrate)
    }
  }
  /** Every draw finds a server that has room, if there is one. */
  function expectDraws(view: View, fresh: View, nowMs: number) {
    for (const path of paths) {
      const pool = fresh.pool(mountOf(path), false)
      const hasRoom = Array.from({ length: pool?.size ?? 0 }, (_, i) => pool?.freeAt(i, nowMs)).some(Boolean)
      const drawn = view.draw({ mount: mountOf(path), secure: false }, nowMs, () => 0.7)
      expect(drawn !== undefined, path).toBe(hasRoom)
    }
  }

  test('draws from the same servers with the same slots as one that has just got the newest of each, and sums up the same', () => {
    fc.assert(
      fc.property(fc.array(server, { maxLength: 30 }), (steps) => {
        const view = new View(100)
        let nowMs = 0
        for (const step of steps) {
          nowMs += step.waitsMs
          if (step.isRemoved) view.remove(step.id)
          else view.put(held(nowMs, step))
          if (step.draws !== 'none')
            for (const path of paths)
              view.draw({ mount: mountOf(path), secure: step.draws === 'https' }, nowMs, () => 0.3)
        }
        const fresh = new View(100)
        for (const each of view.servers.values()) fresh.put(each)
        const known = (one: View) => shown(one, nowMs).filter(([, , servers]) => String(servers) !== '')
        expect(known(view)).toEqual(known(fresh))
        expectSums(view, nowMs)
        expectDraws(view, fresh, nowMs)
      }),
      { numRuns: repetitions(300) },
    )
  })

  test('a master that is back brings its followers back, though it reports what it did before', () => {
    const view = new View(100)
    const mounts = [mountReport('/live.mp3')]
    const master = (receivedAtMs: number) =>
      serverOf('m', { role: 'master', mounts, maxListeners: 0, interval: 10 }, { receivedAtMs })
    view.put(master(0))
    view.put({ ...serverOf('kh', { mounts: [], interval: 600 }), carriesAll: true })
    const drawn = (nowMs: number) =>
      view.draw({ mount: mountOf('/live.mp3'), secure: false }, nowMs, () => 0.5)?.server.report.id
    expect(drawn(0)).toBe('kh')
    expect(drawn(60_000)).toBeUndefined()
    view.put(master(61_000))
    expect(drawn(61_000)).toBe('kh')
  })

  test('a live master that begins to carry a mount brings its followers back, though neither they nor other mounts say anything new', () => {
    const [own, other] = [mountReport('/live.mp3'), mountReport('/other.mp3')]
    for (const follower of ['polled', 'carriesAll'] as const) {
      const view = new View(100)
      const mastered = (mounts: MountReport[]) =>
        view.put(serverOf('m', { role: 'master', mounts, maxListeners: 0 }))
      mastered([other])
      view.put(serverOf('p', { mounts: follower === 'polled' ? [own] : [] }, { [follower]: true }))
      view.put(serverOf('gone', { mounts: [own], maxListeners: 0 }))
      const drawn = () => view.draw({ mount: own.mount, secure: false }, 0, () => 0.5)?.server.report.id
      expect(drawn(), follower).toBeUndefined()
      const { groups } = view
      mastered([other, own])
      expect(view.groups, 'the group has another name, and is not another').toBe(groups)
      expect(drawn(), follower).toBe('p')
    }
  })
})

test('docs/protocol.md#performance: what a page says of a mount costs the same, whether ten servers carry it or a thousand', () => {
  const mount = mountOf('/live.mp3')
  for (const servers of [10, 1000]) {
    const view = new View(100)
    const put = (id: string, receivedAtMs: number, listeners: number, over: Partial<Server> = {}) =>
      view.put({
        ...serverOf(id, { listeners, mounts: [mountReport('/live.mp3', { listeners })] }, { receivedAtMs }),
        ...over,
      })
    for (let i = 0; i < servers; i++) put(`s${i}`, 0, 1)
    expect(view.onAir(mount, 0)?.listeners).toBe(servers)
    let looks = 0
    const carriers = view.mounts.get(mount)?.carriers ?? new Map()
    const { values } = Object.getPrototypeOf(carriers)
    carriers.values = () => {
      looks++
      return values.call(carriers)
    }
    for (let i = 0; i < servers; i++) {
      put(`s${i}`, 1000, 3)
      view.onAir(mount, 1000)
    }
    expect(publicMounts(view, 1000)).toMatchObject([{ listeners: servers * 3, listenerPeak: servers * 3 }])
    expect(looks).toBe(0)
    // the one whose type was shown goes stale: another is looked for, once
    expect(view.onAir(mount, 60_000)).toBeUndefined()
    for (let i = 1; i < servers; i++) put(`s${i}`, 60_000, 2)
    for (let i = 0; i < 10; i++) expect(view.onAir(mount, 60_000)?.contentType).toBe('audio/mpeg')
    expect(looks).toBeLessThanOrEqual(2)
  }
})
