import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLive, type Server, serves } from '../../../shared/draw/server.ts'
import { View } from '../../../shared/draw/view.ts'
import type { Mount } from '../../../shared/mount.ts'
import { keptIfSame } from '../../../shared/report/mount-changes.ts'
import type { MountList, MountReport } from '../../../shared/report/report.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { mountOf, mountReport, seededRoll, serverOf } from '../../kit/parts/reports.ts'

// A view with groups of mounts beside views of one mount each, which share nothing, after any reports.

const mounts = ['/a', '/b', '/c', '/d'].map(mountOf)
const ids = ['s1', 's2', 's3', 'm1', 'm2', 'kh', 'p1']
const hidden = { hidden: true } as const
const noMount = { noMount: true } as const

const line = fc.record({
  mount: fc.constantFrom(...mounts),
  max: fc.constantFrom(null, null, null, 3, 500),
  kbps: fc.constantFrom(0, 64, 64, 1411),
  listeners: fc.constantFrom(0, 0, 0, 2),
  about: fc.constantFrom(undefined, undefined, hidden, noMount, { title: 'one' }, { title: 'two' }),
})
const step = fc.record({
  id: fc.constantFrom(...ids),
  deed: fc.constantFrom(
    ...[
      'reports',
      'reports',
      'reports',
      'says the same',
      'has another load',
      'has another load',
      'one mount less',
      'drains',
      'removed',
      'is the other role',
    ],
  ),
  lines: fc.uniqueArray(line, { selector: ({ mount }) => mount, maxLength: 4 }),
  listeners: fc.constantFrom(0, 0, 50, 98, 100),
  lineKbps: fc.constantFrom(undefined, undefined, 0, 5_000, 1_000_000),
  https: fc.boolean(),
  state: fc.constantFrom(...Array<'up'>(8).fill('up'), 'leaving' as const, 'draining' as const),
  location: fc.constantFrom(undefined, { latitude: 52, longitude: 13 }, { latitude: -33, longitude: 151 }),
  forGermany: fc.constantFrom(undefined, undefined, true, false),
  // at most once in twelve all that have reported go stale
  waitsMs: fc.constantFrom(...Array(10).fill(0), 10_000, 40_000),
  ask: fc.record({
    mount: fc.constantFrom(...mounts),
    secure: fc.boolean(),
    except: fc.constantFrom(undefined, undefined, ...ids),
    from: fc.constantFrom(
      {},
      { location: { latitude: 48, longitude: 11 }, country: 'DE' },
      { location: { latitude: -35, longitude: 149 }, country: 'AU' },
    ),
  }),
  rolls: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 3, maxLength: 3 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** The server after a step; undefined: it is removed, or there is none. */
function after(each: Step, before: Server | undefined, nowMs: number): Server | undefined {
  if (each.deed === 'removed') return undefined
  if (each.deed === 'drains') return before && { ...before, drained: !before.drained }
  return (before && changed(each, before, nowMs)) ?? reported(each, before, nowMs)
}

/** The server after a step that changes a part of its report; undefined: it reports all of it. */
function changed({ deed, ...said }: Step, before: Server, nowMs: number): Server | undefined {
  if (deed === 'says the same') return { ...before, receivedAtMs: nowMs, debit: 0, debitKbps: 0 }
  if (deed === 'is the other role') {
    const role = before.report.role === 'master' ? 'slave' : 'master'
    return { ...before, report: { ...before.report, role }, receivedAtMs: nowMs, polled: !before.polled }
  }
  if (deed === 'has another load') {
    const line = said.lineKbps === undefined ? {} : { maxBandwidth: said.lineKbps, bandwidth: 0 }
    return {
      ...before,
      report: { ...before.report, listeners: said.listeners, ...line },
      receivedAtMs: nowMs,
    }
  }
  if (deed === 'one mount less')
    return {
      ...before,
      report: { ...before.report, mounts: before.report.mounts.slice(1) },
      receivedAtMs: nowMs,
    }
  return undefined
}

function reported({ id, ...said }: Step, before: Server | undefined, nowMs: number): Server {
  const last = [...(before?.report.mounts ?? [])]
  const lines = said.lines.map(({ mount, about, ...over }): MountReport => {
    const now = mountReport(mount, { ...over, ...(id.startsWith('m') && about && { about }) })
    // as the parser does: what says the same is the same object
    return keptIfSame(
      last.find((each) => each.mount === mount),
      now,
    )
  })
  return serverOf(
    id,
    {
      role: id.startsWith('m') ? 'master' : 'slave',
      urls: said.https ? [`https://${id}.example`, `http://${id}.example`] : [`http://${id}.example`],
      listeners: said.listeners,
      state: said.state,
      mounts: id === 'kh' ? [] : lines,
      ...(said.forGermany !== undefined && { countries: { allow: said.forGermany, codes: ['DE'] } }),
      ...(said.lineKbps !== undefined && { maxBandwidth: said.lineKbps, bandwidth: 0 }),
    },
    {
      receivedAtMs: nowMs,
      carriesAll: id === 'kh',
      polled: id === 'p1',
      drained: before?.drained ?? false,
      location: said.location,
    },
  )
}

/** A view in which a mount shares nothing, since there is no other. */
function alone(servers: Iterable<Server>, mount: Mount, nowMs: number): View {
  const view = new View(100)
  const only = (mounts: MountList) => mounts.filter((each) => each.mount === mount)
  for (const server of servers)
    view.put({ ...server, report: { ...server.report, mounts: only(server.report.mounts) } }, nowMs)
  return view
}

/** A view that has just been started with the same servers. */
function restarted(servers: Iterable<Server>, nowMs: number): View {
  const view = new View(100)
  view.load(servers, nowMs)
  return view
}

/** What a draw by a scheme can give: url, free slots before and after the debit, by server. */
function candidatesOf(view: View, mount: Mount, secure: boolean, nowMs: number) {
  const pool = view.pool(mount, secure)
  return Array.from({ length: pool?.size ?? 0 }, (_, i) => ({ i, at: pool?.at(i) }))
    .flatMap(({ i, at }) =>
      at && pool?.freeAt(i, nowMs)
        ? [{ server: at.server, says: `${at.base} ${pool.freeAt(i, nowMs)} ${pool.weightAt(i, nowMs)}` }]
        : [],
    )
    .sort((a, b) => (a.says < b.says ? -1 : 1))
}

/** What is remembered of a mount, kept by the plain rule. */
interface Remembered {
  isPrivate: boolean
  peak: number
  hasMaster: boolean
}

function remember(
  memory: Remembered,
  servers: readonly Server[],
  mount: Mount,
  isReport: boolean,
  nowMs: number,
) {
  const carriers = servers.flatMap((server) => {
    const said = [...server.report.mounts].find((each) => each.mount === mount)
    return said ? [{ server, said }] : []
  })
  const masters = carriers.filter(({ server }) => server.report.role === 'master')
  if (masters.length > 0)
    memory.isPrivate = masters.some(({ said }) => said.about?.hidden || said.about?.noMount)
  if (masters.length > 0 && !memory.hasMaster) memory.peak = 0
  memory.hasMaster = masters.length > 0
  const live = carriers.filter(({ server }) => isLive(server, nowMs))
  const sum = live.reduce((all, { said }) => all + said.listeners, 0)
  if (isReport) memory.peak = Math.max(memory.peak, sum)
}

function expectSame(view: View, apart: View, mount: Mount, nowMs: number) {
  for (const secure of [false, true]) {
    const says = (one: View) => candidatesOf(one, mount, secure, nowMs).map((each) => each.says)
    expect(says(view), mount).toEqual(says(apart))
  }
  expect(view.onAir(mount, nowMs)?.listeners, mount).toBe(apart.onAir(mount, nowMs)?.listeners)
  expect(view.master(mount, nowMs)?.report.id, mount).toBe(apart.master(mount, nowMs)?.report.id)
  expect(view.about(mount, nowMs), mount).toEqual(apart.about(mount, nowMs))
}

/** @param hasSwitched a slave has become a master, or the reverse, which begins no new stream by that alone */
function expectRemembered(view: View, memory: Remembered, mount: Mount, hasSwitched: boolean) {
  const known = view.mounts.get(mount)
  if (!known) return
  expect(known.isPrivate, mount).toBe(memory.isPrivate)
  if (!hasSwitched) expect(known.listenerPeak, mount).toBe(memory.peak)
}

test('mounts that share what a draw needs are drawn, summed up and hidden as if each were alone', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 8, maxLength: 25 }), (steps) => {
      const view = new View(100)
      const memories = new Map(
        mounts.map((mount) => [mount, { isPrivate: false, peak: 0, hasMaster: false }]),
      )
      let nowMs = 0
      let hasSwitched = false
      for (const each of steps) {
        nowMs += each.waitsMs
        const server = after(each, view.servers.get(each.id), nowMs)
        if (server) view.put(server, nowMs)
        else view.remove(each.id)
        const servers = [...view.servers.values()]
        hasSwitched ||= each.deed === 'is the other role'
        for (const mount of mounts) {
          const apart = alone(servers, mount, nowMs)
          const memory = memories.get(mount)
          if (memory) remember(memory, servers, mount, server !== undefined, nowMs)
          expectSame(view, apart, mount, nowMs)
          if (memory) expectRemembered(view, memory, mount, hasSwitched)
        }
        const { ask } = each
        const rolls = [...each.rolls]
        const drawn = view.draw(ask, nowMs, () => rolls.shift() ?? 0.5)
        const allowed = candidatesOf(alone(servers, ask.mount, nowMs), ask.mount, ask.secure, nowMs)
          .map(({ server }) => server)
          .filter(({ report }) => report.id !== ask.except && serves(report, ask.from.country))
          .map(({ report }) => report.id)
        if (drawn) expect(allowed).toContain(drawn.server.report.id)
        else expect(allowed).toEqual([])
        if (!drawn) continue
        drawn.server.debit++
        drawn.server.debitKbps += view.kbpsAt(ask.mount, drawn.server)
      }
      const again = restarted(view.servers.values(), nowMs)
      for (const mount of mounts) expectSame(view, again, mount, nowMs)
    }),
    { numRuns: repetitions(100) },
  )
})

test('a mount is shown again once the master that hid it has gone, though the other one reports nothing new', () => {
  const view = new View(100)
  const [shown, secret] = [mountReport('/live.mp3'), mountReport('/live.mp3', { about: hidden })]
  view.put(serverOf('m1', { role: 'master', mounts: [secret] }))
  view.put(serverOf('m2', { role: 'master', mounts: [shown] }))
  const isPrivate = () => view.mounts.get(shown.mount)?.isPrivate
  expect(isPrivate()).toBe(true)
  view.put(serverOf('m1', { role: 'master', mounts: [] }))
  expect(isPrivate()).toBe(false)
  view.put(serverOf('m1', { role: 'master', mounts: [secret] }))
  view.remove('m2')
  view.remove('m1')
  expect(isPrivate(), 'without a master it stays as the last one said').toBe(true)
})

test('fields of a mount that polled servers alone know are of the first by id, whichever was polled first', () => {
  const first = serverOf('p1', { mounts: [mountReport('/b', { about: noMount })] }, { polled: true })
  const other = serverOf('p2', { mounts: [mountReport('/b', { about: { title: 'one' } })] }, { polled: true })
  const silent = serverOf('p0', { mounts: [mountReport('/b')] }, { polled: true })
  for (const servers of [
    [first, other, silent],
    [silent, other, first],
  ]) {
    const view = new View(100)
    for (const server of servers) view.put(server)
    expect(view.about(mountOf('/b'), 0)).toEqual(noMount)
    view.remove('p1')
    expect(view.about(mountOf('/b'), 0)).toEqual({ title: 'one' })
  }
  const view = new View(100)
  view.put(first)
  view.put({ ...other, receivedAtMs: 60_000 })
  expect(view.about(mountOf('/b'), 60_000), 'the first is stale').toEqual({ title: 'one' })
})

test('two masters that have become polled slaves say of a mount what the first by id says', () => {
  // found by a random seed: m2 is older, m1 reported the mount first
  const of = (id: string, about: MountReport['about'], polled: boolean) =>
    serverOf(
      id,
      { role: polled ? 'slave' : 'master', mounts: [mountReport('/b', { ...(about && { about }) })] },
      { polled },
    )
  const view = new View(100)
  view.put(serverOf('m2', { role: 'master', mounts: [] }))
  view.put(of('m1', undefined, false))
  view.put(of('m2', { title: 'one' }, false))
  view.put(of('m2', { title: 'one' }, true))
  view.put(of('m1', noMount, false))
  view.put(of('m1', noMount, true))
  expect(view.about(mountOf('/b'), 0)).toEqual(noMount)
  const apart = alone(view.servers.values(), mountOf('/b'), 0)
  expect(apart.about(mountOf('/b'), 0)).toEqual(noMount)
})

test('mounts of more bit rates than are remembered part too where the line binds', () => {
  const view = new View(1000)
  const many = Array.from({ length: 700 }, (_, i) => mountReport(`/m${i}`, { kbps: 2000 - i }))
  const put = (maxBandwidth: number) =>
    view.put(serverOf('a', { maxListeners: 100, mounts: many, maxBandwidth, bandwidth: 0 }))
  put(1e9)
  const freeOf = ({ mount }: MountReport) => view.pool(mount, false)?.freeAt(0, 0)
  expect(new Set(many.map(freeOf))).toEqual(new Set([100]))
  put(150_000)
  expect(many.map(freeOf)).toEqual(many.map(({ kbps }) => Math.min(100, Math.floor(150_000 / kbps))))
})

test('a mount with a limit parts again as its server empties, though its own line stays the same', () => {
  const view = new View(100)
  const both = [mountReport('/a'), mountReport('/b', { max: 10 })]
  const freeAt = (listeners: number) => {
    view.put(serverOf('a', { listeners, mounts: both }))
    return both.map(({ mount }) => view.pool(mount, false)?.freeAt(0, 0))
  }
  expect(freeAt(95)).toEqual([5, 5])
  expect(freeAt(0)).toEqual([100, 10])
  expect(freeAt(95)).toEqual([5, 5])
})

describe('a server that is stale', () => {
  const at = (view: View) => [
    view.onAir(mountOf('/a'), 60_000)?.listeners,
    view.mounts.get(mountOf('/a'))?.listenerPeak,
  ]
  test('does not count again, nor in the peak, as it is drained, or found unreachable', () => {
    const view = new View(100)
    const dead = serverOf('dead', { mounts: [mountReport('/a', { listeners: 40 })] })
    view.put(dead)
    view.put(serverOf('a', { mounts: [mountReport('/a', { listeners: 50 })] }, { receivedAtMs: 60_000 }))
    expect(at(view)).toEqual([50, 50])
    view.put({ ...dead, reachable: false }, 60_000)
    view.put({ ...dead, drained: true }, 60_000)
    expect(at(view)).toEqual([50, 50])
  })
})

test('a group that parts goes on near its listeners, however long the round of its prices stands', () => {
  const view = new View(100)
  const [one, other] = [mountReport('/a'), mountReport('/b')]
  const put = (i: number, carried: MountReport[]) =>
    view.put(
      serverOf(
        `s${i}`,
        { maxListeners: 1000, mounts: carried },
        { location: { latitude: Math.floor(i / 25) * 5 - 45, longitude: (i % 25) * 12 - 150 } },
      ),
    )
  for (let i = 0; i < 500; i++) put(i, [one, other])
  const roll = seededRoll(1)
  const longitudeOf = (i: number, nowMs: number) => {
    const from = { location: { latitude: 5, longitude: (i % 25) * 12 - 150 } }
    return view.draw({ mount: one.mount, secure: false, from }, nowMs, roll)?.server.location?.longitude
  }
  for (let i = 0; i < 100; i++) longitudeOf(i, 5000)
  for (let i = 0; i < 100; i++) longitudeOf(i, 6000)
  put(0, [other])
  expect(view.groups).toBe(2)
  const far = Array.from({ length: 100 }, (_, i) =>
    Math.abs((longitudeOf(i, 6001) ?? 999) - ((i % 25) * 12 - 150)),
  )
  expect(far.filter((degrees) => degrees > 24)).toEqual([])
})
