import { describe, expect, test } from 'vitest'
import { Balance } from '../../../shared/hls/balance.ts'
import { drawServers, type HlsPlace } from '../../../shared/hls/place-session.ts'
import { steer } from '../../../shared/hls/steering.ts'
import { live, viewOf, withSlots } from '../../kit/parts/draws.ts'
import { mountReport, seededRoll } from '../../kit/parts/reports.ts'

const seeds = Array.from({ length: 20 }, (_, seed) => seed)
const deps = (roll = seededRoll(1)) => ({
  config: { httpsOnly: false },
  nowMs: () => 0,
  roll,
  redirected: () => {},
  balance: new Balance(100),
  isBusy: () => false,
})
const sender = { secure: false, address: '192.0.2.1' }
const listener = { mount: live, query: '', sender }
const at = (current: string, secure = false) => ({ ...listener, current, sender: { ...sender, secure } })
const bothSchemes = (id: string) => ({ urls: [`http://${id}.example`, `https://${id}.example`] })
const idsOf = (places: readonly HlsPlace[] | undefined) => places?.map(({ server }) => server.report.id)
/** Servers that must have been drawn. */
function placesOf(drawn: ReturnType<typeof drawServers>): readonly HlsPlace[] {
  if (typeof drawn === 'string') throw new Error(drawn)
  return drawn
}

describe('the servers of a new session', () => {
  const drawn = (servers: Parameters<typeof viewOf>, over: Partial<typeof listener> = {}, count = 2) =>
    seeds.map((seed) =>
      placesOf(drawServers(viewOf(...servers), { ...listener, ...over }, deps(seededRoll(seed)), count)),
    )

  test('are as many as were asked for, where there are more, none twice', () => {
    const places = drawn(['a', 'b', 'c'].map((id) => withSlots(id, 100)))
    for (const each of places) expect(new Set(idsOf(each)).size).toBe(2)
    expect(new Set(places.map((each) => idsOf(each)?.[0]))).toEqual(new Set(['a', 'b', 'c']))
  })

  test('begin with the one that any listener would get', () => {
    const servers = [withSlots('a', 1000), withSlots('b', 1)]
    expect(drawn(servers).filter((each) => idsOf(each)?.[0] === 'b').length).toBeLessThan(3)
  })

  test('begin with one that is near, where locations are known, though others have more room', () => {
    const [sydney, berlin] = [
      { latitude: -33.9, longitude: 151.2 },
      { latitude: 52.5, longitude: 13.4 },
    ]
    const servers = [
      withSlots('near', 100, {}, { location: sydney }),
      ...['far1', 'far2', 'far3'].map((id) => withSlots(id, 1000, {}, { location: berlin })),
    ]
    const over = { sender: { ...sender, from: { location: sydney } } }
    const firsts = drawn(servers, over).map((each) => idsOf(each)?.[0])
    expect(firsts.filter((id) => id === 'near').length).toBeGreaterThan(seeds.length / 2)
  })

  test('do not include one that sent the listener back, unless that was another time', () => {
    const servers = [withSlots('a', 100), withSlots('b', 100), withSlots('-', 100)]
    for (const each of drawn(servers, { query: '?x=a' }, 3))
      expect(idsOf(each)?.toSorted()).toEqual(['-', 'b'])
    for (const each of drawn(servers, { query: '?x=-' }, 3)) expect(idsOf(each)).toHaveLength(3)
  })

  test('are those that a listener of its family reaches', () => {
    const servers = [
      withSlots('4', 100, { urls: ['http://192.0.2.7:8000'] }),
      withSlots('6', 100, { urls: ['http://[2001:db8::7]:8000'] }),
    ]
    for (const each of drawn(servers)) expect(idsOf(each)).toEqual(['4'])
    const over = { sender: { secure: false, address: '2001:db8::9' } }
    for (const each of drawn(servers, over)) expect(idsOf(each)).toEqual(['6'])
  })

  test('are all of https where one has it, although a polled one was drawn first', () => {
    const servers = [
      withSlots('a', 10, bothSchemes('a')),
      withSlots('polled', 1000, { role: 'master', ...bothSchemes('polled') }, { polled: true }),
    ]
    const over = { sender: { secure: true, address: '192.0.2.1' } }
    for (const each of drawn(servers, over))
      expect(each.map(({ url }) => url)).toEqual(['https://a.example/live.mp3'])
  })

  test('are none where only a polled server has room, or the mount is unknown', () => {
    const polled = withSlots('polled', 100, { role: 'master' }, { polled: true })
    expect(drawServers(viewOf(polled), listener, deps(), 2)).toBe('no room')
    expect(drawServers(viewOf(), listener, deps(), 2)).toBe('unknown mount')
  })
})

describe('a session at its server', () => {
  test('is told of it once, and of the others', () => {
    const view = viewOf(withSlots('a', 100), withSlots('b', 100))
    for (const seed of seeds)
      expect(idsOf(steer(view, at('a'), deps(seededRoll(seed)))?.places)).toEqual(['a', 'b'])
  })

  test('gets its url by its own scheme, and by http where the server has no other', () => {
    const view = viewOf(withSlots('a', 100, bothSchemes('a')), withSlots('b', 100))
    const urlAt = (current: string, secure: boolean) =>
      steer(view, at(current, secure), deps())?.places[0]?.url
    expect(urlAt('a', false)).toBe('http://a.example/live.mp3')
    expect(urlAt('a', true)).toBe('https://a.example/live.mp3')
    expect(urlAt('b', true)).toBe('http://b.example.org:8000/live.mp3')
  })
})

/** dice that all fall the same way */
const always = (roll: number) => deps(() => roll)

describe('a session at an overfull server', () => {
  /** a is overfull: a quarter of the slots of both is taken */
  const servers = (slots: number) => [
    withSlots('a', 64, { listeners: 64 * (slots === 64 ? 0.5 : 1) }),
    withSlots('b', slots),
  ]
  const moves = (view: ReturnType<typeof viewOf>, roll: number) => steer(view, at('a'), always(roll))?.moves

  test('moves if the dice say so: as many as are too many within a TTL', () => {
    expect([0.4999, 0.5].map((roll) => moves(viewOf(...servers(64)), roll))).toEqual([true, false])
  })

  test('moves more likely where it asks again later', () => {
    // three quarters are too many, and it asks again in 11 s
    expect([0.7, 0.9].map((roll) => moves(viewOf(...servers(192)), roll))).toEqual([true, false])
  })

  test('is counted as gone from there, and is told of its old server behind the new one', () => {
    const view = viewOf(withSlots('a', 64, { listeners: 64 }), withSlots('b', 64), withSlots('c', 64))
    for (const roll of [0, 0.2, 0.4]) {
      const asked = always(roll)
      const steering = steer(view, at('a'), asked)
      const [first = '', second, third] = idsOf(steering?.places) ?? []
      expect(steering?.moves).toBe(true)
      expect([second, [first, third].toSorted()]).toEqual(['a', ['b', 'c']])
      const left = view.mounts.get(live)?.carriers.get('a')?.server
      expect(left && asked.balance.listeners(left, 4)).toBe(63)
    }
  })

  test('stays where the other one is as full as the cluster, or fuller', () => {
    const elsewhere = { countries: { allow: true, codes: ['NZ'] } }
    for (const listeners of [50, 60]) {
      const view = viewOf(
        withSlots('a', 100, { listeners: 90 }),
        withSlots('b', 100, { listeners }),
        withSlots('c', 100, { listeners: 10, ...elsewhere }),
      )
      expect(moves(view, 0)).toBe(false)
    }
  })

  test('stays where its server is fuller by less than so many points', () => {
    const view = viewOf(withSlots('a', 100, { listeners: 54 }), withSlots('b', 100, { listeners: 48 }))
    expect(moves(view, 0)).toBe(false)
  })

  test.each([
    ['4 s', undefined, -11_000, false],
    ['4 s', undefined, -13_000, true],
    ['30 s', { hls: 30 }, -60_000, false],
  ])(
    'stays while those that have left are counted there, in segments of %s',
    (_, about, leftAtMs, isMoved) => {
      const mounts = [mountReport('/live.mp3', about && { about })]
      const a = withSlots('a', 100, { listeners: 60, mounts, role: 'master' })
      const view = viewOf(a, withSlots('b', 100, { listeners: 40 }))
      const asked = always(0)
      for (let i = 0; i < 12; i++) asked.balance.depart(a, leftAtMs)
      expect(steer(view, at('a'), asked)?.moves).toBe(isMoved)
    },
  )
})

describe('a session that has to leave', () => {
  const left = (listeners: number) => {
    const servers = [withSlots('b', 50, { listeners }), withSlots('c', 50)]
    const view = viewOf(withSlots('a', 100, {}, { drained: true }), ...servers)
    return new Set(seeds.map((seed) => idsOf(steer(view, at('a'), deps(seededRoll(seed)))?.places)?.[0]))
  }

  test('goes to the emptier one of two that were drawn, if that is emptier by more than two points', () => {
    expect(left(1)).toEqual(new Set(['b', 'c']))
    expect(left(2)).toEqual(new Set(['c']))
  })
})
