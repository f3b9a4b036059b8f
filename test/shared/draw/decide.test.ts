import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide } from '../../../shared/draw/decide.ts'
import { deadlineMs, freeOfServer, freeSlots, type Server, screen } from '../../../shared/draw/server.ts'
import type { View } from '../../../shared/draw/view.ts'
import type { Mount } from '../../../shared/mount.ts'
import type { Report } from '../../../shared/report/report.ts'
import { chiSquareP } from '../../kit/base/chi-square.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { asked, draws, live, policy, viewOf, withSlots } from '../../kit/parts/draws.ts'
import { mountOf, mountReport, reportOf, seededRoll, serverOf } from '../../kit/parts/reports.ts'

const idOf = (decision: ReturnType<typeof decide>) =>
  typeof decision === 'string' ? decision : decision.server.report.id

/** The weight of a server in the draws of a mount. */
function leftIn(view: View, id: string, mount: Mount): number | undefined {
  const pool = view.pool(mount, false)
  return pool?.weightAt(pool.indexOf(id), 0)
}

describe('S2, S3: the draw', () => {
  test('gives each server its share of free slots in 1,000,000 draws', () => {
    const view = viewOf(withSlots('a', 900), withSlots('b', 300), withSlots('c', 100))
    const counts = draws(view, repetitions(1_000_000), 1)
    expect(
      chiSquareP(
        ['a', 'b', 'c'].map((id) => counts.get(id) ?? 0),
        [900, 300, 100],
      ),
    ).toBeGreaterThan(0.001)
  })

  test('subtracts the redirects since the last report exactly', () => {
    // 100 of 400 slots of a and 30 of 40 of b are taken: the shares are 300 : 10 : 50
    const view = viewOf(
      withSlots('a', 400, {}, { debit: 100 }),
      withSlots('b', 40, {}, { debit: 30 }),
      withSlots('c', 50),
    )
    const counts = draws(view, repetitions(1_000_000), 3)
    expect(
      chiSquareP(
        ['a', 'b', 'c'].map((id) => counts.get(id) ?? 0),
        [300, 10, 50],
      ),
    ).toBeGreaterThan(0.001)
  })

  test('fills no server beyond its free slots while the cluster has room, whatever the dice', () => {
    const cluster = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(cluster, fc.integer(), (slots, seed) => {
        const view = viewOf(...slots.map((max, i) => withSlots(`s${i}`, max)))
        const roll = seededRoll(seed)
        const total = slots.reduce((sum, max) => sum + max, 0)
        for (let i = 0; i < total; i++) {
          const decision = decide(view, asked, 0, roll, policy)
          if (typeof decision === 'string') throw new Error(`join ${i} of ${total}: ${decision}`)
          decision.server.debit++
        }
        for (const [id, server] of view.servers) expect(server.debit, id).toBe(server.report.maxListeners)
      }),
    )
  })

  test('counts what redirects take of a line: a listener of 1,411 kbit/s takes the room of thirty of 48', () => {
    const mounts = [mountReport('/cd.flac', { kbps: 1440 }), mountReport('/talk.mp3', { kbps: 48 })]
    const line = { maxListeners: 10_000, maxBandwidth: 14_400, bandwidth: 0, mounts }
    const left = (id: string, view: View) => leftIn(view, id, mountOf('/cd.flac'))
    const view = viewOf(serverOf('a', line), serverOf('slots', { ...line, maxListeners: 12 }))
    const redirect = (id: string, mount: Mount, count: number) => {
      const server = view.servers.get(id)
      for (let i = 0; server && i < count; i++) {
        server.debit++
        server.debitKbps += view.kbpsAt(mount, server)
      }
    }
    expect([left('a', view), leftIn(view, 'a', mountOf('/talk.mp3'))]).toEqual([10, 300])
    redirect('a', mountOf('/talk.mp3'), 30)
    expect([left('a', view), leftIn(view, 'a', mountOf('/talk.mp3'))]).toEqual([9, 270])
    redirect('a', mountOf('/cd.flac'), 9)
    expect([left('a', view), leftIn(view, 'a', mountOf('/talk.mp3'))]).toEqual([0, 0])
    redirect('slots', mountOf('/talk.mp3'), 10)
    expect([left('slots', view), leftIn(view, 'slots', mountOf('/talk.mp3'))]).toEqual([2, 2])
  })

  test('draws by free slots alone once redirects have used up all of them', () => {
    const view = viewOf(withSlots('a', 30, {}, { debit: 30 }), withSlots('b', 10, {}, { debit: 99 }))
    const counts = draws(view, 100_000, 4)
    expect(chiSquareP([counts.get('a') ?? 0, counts.get('b') ?? 0], [30, 10])).toBeGreaterThan(0.001)
  })

  test('leaves out the server that sent a listener back, and keeps the shares of the others', () => {
    const view = viewOf(withSlots('a', 9_000), withSlots('b', 300), withSlots('c', 100))
    const counts = draws(view, 100_000, 5, { ...asked, except: 'a' })
    expect(counts.get('a')).toBeUndefined()
    expect(chiSquareP([counts.get('b') ?? 0, counts.get('c') ?? 0], [300, 100])).toBeGreaterThan(0.001)
    expect(draws(view, 100, 5, { ...asked, except: 'nobody' }).get('no room')).toBeUndefined()
    expect(idOf(decide(viewOf(withSlots('a', 10)), { ...asked, except: 'a' }, 0, Math.random, policy))).toBe(
      'no room',
    )
  })

  test('is the same for the same rolls', () => {
    const view = () => viewOf(withSlots('a', 10), withSlots('b', 20), withSlots('c', 30))
    const picks = (seed: number) => {
      const roll = seededRoll(seed)
      const same = view()
      return Array.from({ length: 50 }, () => idOf(decide(same, asked, 0, roll, policy)))
    }
    expect(picks(6)).toEqual(picks(6))
    expect(picks(6)).not.toEqual(picks(7))
    expect(
      [0, 9.99, 10, 29.99, 30, 59.99].map((t) => idOf(decide(view(), asked, 0, () => t / 60, policy))),
    ).toEqual(['a', 'a', 'b', 'b', 'c', 'c'])
  })

  test('follows a new report at once, up as well as down', () => {
    const view = viewOf(withSlots('a', 10), withSlots('b', 10))
    expect(draws(view, 100, 8).size).toBe(2)
    view.put(withSlots('a', 10, { listeners: 10 }))
    expect(draws(view, 100, 8).get('a')).toBeUndefined()
    view.put(withSlots('a', 1_000_000))
    expect(draws(view, 100, 8).get('a')).toBeGreaterThan(90)
    view.remove('a')
    expect(draws(view, 100, 8).get('a')).toBeUndefined()
  })
})

test('any view gives the same as the plain implementation: a ticket for each free slot, in the order of reports', () => {
  const states = fc.constantFrom(
    'up' as const,
    'up' as const,
    'up' as const,
    'draining' as const,
    'leaving' as const,
  )
  const servers = fc.array(
    fc.record({
      max: fc.nat({ max: 9 }),
      listeners: fc.nat({ max: 5 }),
      debit: fc.nat({ max: 6 }),
      state: states,
      drained: fc.boolean(),
      reachable: fc.boolean(),
      receivedAtMs: fc.constantFrom(0, 5_000, 50_000),
      tls: fc.boolean(),
    }),
    { maxLength: 9 },
  )
  fc.assert(
    fc.property(servers, fc.boolean(), (all, secure) => {
      const nowMs = 40_000
      const held = all.map(({ max, listeners, debit, state, drained, reachable, receivedAtMs, tls }, i) =>
        serverOf(
          `s${i}`,
          { maxListeners: max, listeners, state, urls: [tls ? `https://s${i}` : `http://s${i}`] },
          { debit, drained, reachable, receivedAtMs },
        ),
      )
      const eligible = held.filter((s) => screen(s, freeOfServer(s, 100), true, nowMs) === null)
      const near = secure ? eligible.filter((s) => s.report.urls[0]?.startsWith('https:')) : eligible
      const inReach = near.length > 0 ? near : eligible
      const free = (s: Server) => freeSlots(s.report, s.report.mounts.at(0), 100)
      const weighed = inReach.map((s) => Math.max(0, free(s) - s.debit))
      const weights = weighed.some((w) => w > 0) ? weighed : inReach.map(free)
      const tickets = inReach.flatMap((s, i) => Array.from({ length: weights[i] ?? 0 }, () => s.report.id))
      const view = viewOf(...held)
      const draw = (i: number, n: number) =>
        idOf(decide(view, { ...asked, secure }, nowMs, () => (i + 0.5) / n, policy))
      // what the drums held of debits and deadlines is corrected by the draws that meet it; then every ticket is the plain one's
      for (let i = 0; i < 400; i++) draw(i % 200, 200)
      const drawn = tickets.map((_, i) => draw(i, tickets.length))
      expect(drawn).toEqual(tickets)
      if (tickets.length === 0) expect(draw(0, 1)).toBe(held.length === 0 ? 'unknown mount' : 'no room')
    }),
    { numRuns: repetitions(2_000) },
  )
})

describe('S10: at the moment of the request', () => {
  test('a server is live until 2.5 intervals and 2 s after its last report, and no longer', () => {
    const view = viewOf(serverOf('a', { interval: 10 }, { receivedAtMs: 1_000 }))
    expect(deadlineMs(serverOf('a', { interval: 10 }, { receivedAtMs: 1_000 }))).toBe(28_000)
    expect(idOf(decide(view, asked, 28_000, Math.random, policy))).toBe('a')
    expect(idOf(decide(view, asked, 28_001, Math.random, policy))).toBe('no room')
  })

  test.each([
    ['stale', {}, { receivedAtMs: -30_000 }],
    ['leaving', { state: 'leaving' }, {}],
    ['draining', { state: 'draining' }, {}],
    ['drained', {}, { drained: true }],
    ['full', { listeners: 100 }, {}],
    ['full', { listeners: 150 }, {}],
    ['full', { maxListeners: 0 }, {}],
    ['full', { maxBandwidth: 1000, bandwidth: 900 }, {}],
    ['full', { mounts: [mountReport('/live.mp3', { max: 5, listeners: 5 })] }, {}],
    ['no mounts', { mounts: [] }, {}],
  ] as const)('a server that is %s is out, and says so', (reason, over, held) => {
    const server = serverOf('a', over as Partial<Report>, held)
    expect(screen(server, freeOfServer(server, 100), server.report.mounts.length > 0, 0)).toBe(reason)
    const view = viewOf(server, serverOf('b', { listeners: 99 }))
    expect([...draws(view, 50, 9).keys()]).toEqual(['b'])
  })

  test('a mount that no server carries any more is still known for five minutes: 503, not 404', () => {
    const view = viewOf(serverOf('a'))
    view.put(serverOf('a', { mounts: [] }, { receivedAtMs: 10_000, formerMounts: [[live, 0]] }))
    expect(idOf(decide(view, asked, 300_000, Math.random, policy))).toBe('no room')
    expect(idOf(decide(view, asked, 300_001, Math.random, policy))).toBe('unknown mount')
    expect(idOf(decide(view, { ...asked, mount: mountOf('/other') }, 0, Math.random, policy))).toBe(
      'unknown mount',
    )
  })
})

test('a server that promised to report once an hour gets listeners between two reports', () => {
  const view = viewOf(serverOf('a', { interval: 3600 }))
  expect(idOf(decide(view, asked, 301_000, Math.random, policy))).toBe('a')
  expect(idOf(decide(view, asked, 9_002_000, Math.random, policy))).toBe('a')
  expect(idOf(decide(view, asked, 9_002_001, Math.random, policy))).toBe('unknown mount')
})

test.each([
  [{ maxListeners: 100, listeners: 40 }, {}, 60],
  [{ maxListeners: undefined, listeners: 40 }, {}, 10],
  [{ maxListeners: 100 }, { max: 30, listeners: 25 }, 5],
  [{ maxListeners: 100, maxBandwidth: 10_000, bandwidth: 9_000 }, { kbps: 128 }, 7],
  [{ maxListeners: 100, maxBandwidth: 10_000, bandwidth: 9_000 }, { kbps: 0 }, 7],
  [{ maxListeners: 100, maxBandwidth: 10_000, bandwidth: 9_000 }, { kbps: 64 }, 15],
  [{ maxListeners: 100, maxBandwidth: 10_000 }, {}, 100],
  [{ maxListeners: 100, bandwidth: 10_000 }, {}, 100],
  [{ maxListeners: 100, maxBandwidth: 10_000, bandwidth: 11_000 }, {}, 0],
  [{ maxListeners: 100, listeners: 101 }, {}, 0],
  [{ maxListeners: Number.MAX_SAFE_INTEGER }, {}, 1_000_000_000],
])('free slots of %j with a mount of %j are %i', (report, mount, free) => {
  expect(freeSlots(reportOf('a', report), mountReport('/live.mp3', mount), 50)).toBe(free)
})

describe('S11: a relay', () => {
  const master = (id: string, held: Partial<Server> = {}, over: Partial<Report> = {}) =>
    serverOf(id, { role: 'master', ...over }, held)
  const relay = { ...asked, relay: true }

  test('goes to the first live master that carries the mount, never to a slave', () => {
    const view = viewOf(withSlots('a-slave', 10_000), master('m2'), master('m1'))
    expect(draws(view, 100, 10, relay)).toEqual(new Map([['m1', 100]]))
    expect(idOf(decide(viewOf(withSlots('a', 10)), relay, 0, Math.random, policy))).toBe('unknown mount')
  })

  test('goes to another master if the first one has sent it back, and again to the only one, which then refuses it', () => {
    const back = { ...relay, except: 'm1' }
    const slave = withSlots('a-slave', 10)
    expect(idOf(decide(viewOf(slave, master('m1'), master('m2')), back, 0, Math.random, policy))).toBe('m2')
    expect(idOf(decide(viewOf(slave, master('m1')), back, 0, Math.random, policy))).toBe('m1')
  })

  test('goes to a master that is full, drained or draining, but never to one that is stale or has left', () => {
    for (const over of [{ listeners: 100 }, { state: 'draining' as const }])
      expect(idOf(decide(viewOf(master('m', {}, over)), relay, 0, Math.random, policy))).toBe('m')
    expect(idOf(decide(viewOf(master('m', { drained: true })), relay, 0, Math.random, policy))).toBe('m')
    expect(idOf(decide(viewOf(master('m')), relay, 60_000, Math.random, policy))).toBe('unknown mount')
    expect(idOf(decide(viewOf(master('m', {}, { state: 'leaving' })), relay, 0, Math.random, policy))).toBe(
      'unknown mount',
    )
  })
})

describe('the scheme of a request', () => {
  const both = (id: string, slots: number) =>
    withSlots(id, slots, { urls: [`http://${id}:80`, `https://${id}:443`] })
  const url = (view: View, secure: boolean, httpsOnly = false) => {
    const decision = decide(view, { ...asked, secure }, 0, Math.random, { httpsOnly })
    return typeof decision === 'string' ? decision : decision.url
  }

  test('is kept: https goes among servers with an https url', () => {
    const view = viewOf(both('a', 1), withSlots('b', 1_000_000))
    expect(draws(view, 200, 11, { ...asked, secure: true })).toEqual(new Map([['a', 200]]))
    expect(url(viewOf(both('a', 1)), true)).toBe('https://a:443/live.mp3')
    expect(url(viewOf(both('a', 1)), false)).toBe('http://a:80/live.mp3')
  })

  test('falls back to http only if no https server is eligible, and never with HTTPS_ONLY', () => {
    const view = viewOf(
      serverOf('a', { urls: ['https://a'], listeners: 100 }),
      serverOf('b', { urls: ['http://b'] }),
    )
    expect(url(view, true)).toBe('http://b/live.mp3')
    expect(url(view, true, true)).toBe('no room')
  })

  test('of an http request becomes https if a server has no other url', () => {
    expect(url(viewOf(serverOf('a', { urls: ['https://a'] })), false)).toBe('https://a/live.mp3')
  })
})

const berlin = { latitude: 52.5, longitude: 12.5 }
test.each([
  ['by https where only http servers have room', { secure: true }, {}],
  [
    'of a local network whose address family no url has',
    { family: 'ipv6', address: 'fd00::1' } as const,
    { urls: ['http://192.168.0.7'] },
  ],
])('a listener %s is one, not two: none is sent far while a near server has room', (_, by, over) => {
  // until their next report 72,000 come: a server has room for them, and half of one has not
  const large = { maxListeners: 100_000, interval: 3600, ...over }
  const view = viewOf(
    serverOf('berlin', large, { location: berlin }),
    serverOf('tokyo', large, { location: { latitude: 37.5, longitude: 137.5 } }),
  )
  const roll = seededRoll(7)
  const went = Array.from({ length: 200 }, (_, i) => {
    const ask = { ...asked, from: { location: berlin }, ...by }
    return idOf(decide(view, ask, i * 50, roll, policy))
  })
  expect(new Set(went)).toEqual(new Set(['berlin']))
})

describe('an icecast-kh slave', () => {
  const kh = (over: Partial<Report> = {}) =>
    serverOf('kh', { mounts: [], maxListeners: undefined, ...over }, { carriesAll: true })

  test('carries every mount of live masters, with the default capacity, whichever came first', () => {
    const servers = [serverOf('m', { role: 'master', listeners: 100 }), kh()]
    for (const order of [servers, servers.toReversed()]) {
      const view = viewOf(...order)
      expect(idOf(decide(view, asked, 0, Math.random, policy))).toBe('kh')
      view.remove('kh')
      expect(idOf(decide(view, asked, 0, Math.random, policy))).toBe('no room')
    }
  })

  test('gets listeners again as soon as a master that was stale is back', () => {
    const view = viewOf(serverOf('m', { role: 'master', listeners: 100 }), kh({ interval: 3600 }))
    expect(idOf(decide(view, asked, 30_000, Math.random, policy))).toBe('no room')
    view.put(serverOf('m', { role: 'master', listeners: 100 }, { receivedAtMs: 40_000 }))
    expect(idOf(decide(view, asked, 40_000, Math.random, policy))).toBe('kh')
  })

  test('carries nothing without a live master', () => {
    const view = viewOf(
      serverOf('slave', { listeners: 100 }),
      kh(),
      serverOf('m', { role: 'master', state: 'leaving' }),
    )
    expect(idOf(decide(view, asked, 0, Math.random, policy))).toBe('no room')
  })
})
