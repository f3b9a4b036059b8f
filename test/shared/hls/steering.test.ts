import { describe, expect, test, vi } from 'vitest'
import { Balance } from '../../../shared/hls/balance.ts'
import { BusyMeter } from '../../../shared/hls/busy-meter.ts'
import { printManifest } from '../../../shared/hls/manifest.ts'
import { steer, steeringTtl } from '../../../shared/hls/steering.ts'
import { isThorough, seeds } from '../../kit/base/repetitions.ts'
import { live, viewOf, withSlots } from '../../kit/parts/draws.ts'
import { seededRoll } from '../../kit/parts/reports.ts'
import { SteeredCluster } from '../../kit/parts/steered-cluster.ts'

const deps = (roll = seededRoll(1), nowMs = 0) => ({
  config: { httpsOnly: false },
  nowMs: () => nowMs,
  roll,
  redirected: () => {},
  balance: new Balance(100),
  isBusy: () => false,
})
const listenerAt = (current: string | undefined) => ({
  mount: live,
  query: '',
  sender: { secure: false, address: '192.0.2.1' },
  current,
})
const idsOf = (steering: ReturnType<typeof steer>) => steering?.places.map(({ server }) => server.report.id)

describe('a session', () => {
  const full = { maxListeners: 100, listeners: 100 }

  test('stays first at its server, even one that is full', () => {
    const view = viewOf(withSlots('a', 100, full), withSlots('b', 100, { listeners: 99 }))
    expect(idsOf(steer(view, listenerAt('a'), deps()))).toEqual(['a', 'b'])
  })

  test.each([
    ['drained', withSlots('a', 100, {}, { drained: true })],
    ['draining', withSlots('a', 100, { state: 'draining' })],
    ['leaving', withSlots('a', 100, { state: 'leaving' })],
    ['unreachable', withSlots('a', 100, {}, { reachable: false })],
    ['stale', withSlots('a', 100, { interval: 1 }, { receivedAtMs: -60_000 })],
    ['without the mount', withSlots('a', 100, { mounts: [] })],
  ])('moves away from a server that is %s', (_, server) => {
    const steering = steer(viewOf(server, withSlots('b', 100)), listenerAt('a'), deps())
    expect(idsOf(steering)).toEqual(['b'])
    expect(steering?.moves).toBe(true)
  })

  test('stays at a drained server where no other has room: it still plays there', () => {
    const view = viewOf(withSlots('a', 100, {}, { drained: true }), withSlots('b', 100, full))
    expect(steer(view, listenerAt('a'), deps())).toMatchObject({ moves: false, isStuck: true })
    expect(idsOf(steer(view, listenerAt('a'), deps()))).toEqual(['a'])
  })

  test('that asks where to go on is not one more listener, by which regions would be weighed', () => {
    const view = viewOf(withSlots('a', 100), withSlots('b', 100))
    const draw = vi.spyOn(view, 'draw')
    steer(view, listenerAt('a'), deps())
    expect(draw.mock.calls.map(([asked]) => asked.probe)).toEqual([true])
  })

  test('of an unknown pathway is placed like a new listener', () => {
    for (const current of [undefined, 'nobody'])
      expect(idsOf(steer(viewOf(withSlots('b', 100)), listenerAt(current), deps()))).toEqual(['b'])
  })

  test('goes to no server that does not serve HLS', () => {
    const view = viewOf(
      withSlots('a', 100, {}, { drained: true }),
      withSlots('polled', 100, { role: 'master' }, { polled: true }),
    )
    expect(idsOf(steer(view, listenerAt('a'), deps()))).toEqual(['a'])
  })

  test('goes to a server whose free slots are all on their way, although a polled one has others', () => {
    const view = viewOf(
      withSlots('b', 100, { listeners: 90 }, { debit: 10 }),
      withSlots('polled', 1000, { role: 'master' }, { polled: true }),
    )
    const seeds = Array.from({ length: 20 }, (_, seed) => seed)
    const placed = seeds.map((seed) => idsOf(steer(view, listenerAt(undefined), deps(seededRoll(seed)))))
    expect(placed).toEqual(seeds.map(() => ['b']))
  })

  test('that came by https goes to a server of http, where the only one of https is polled', () => {
    const view = viewOf(
      withSlots('b', 100),
      withSlots('polled', 1000, { role: 'master', urls: ['https://polled.example'] }, { polled: true }),
    )
    const asked = { ...listenerAt(undefined), sender: { secure: true, address: '192.0.2.1' } }
    expect(idsOf(steer(view, asked, deps()))).toEqual(['b'])
    const httpsOnly = { ...deps(), config: { httpsOnly: true } }
    expect(steer(view, asked, httpsOnly)).toBe(undefined)
  })

  test('asks again after 8 to 12 s, and after about 30 s where many ask and nothing has to move', () => {
    const view = viewOf(withSlots('a', 100), withSlots('b', 100))
    const roll = seededRoll(3)
    const ttls = (isBusy: boolean) =>
      Array.from({ length: 200 }, () => {
        return steer(view, listenerAt('a'), { ...deps(roll), isBusy: () => isBusy })?.ttlSeconds ?? 0
      })
    expect([Math.min(...ttls(false)), Math.max(...ttls(false))]).toEqual([8, 12])
    expect([Math.min(...ttls(true)), Math.max(...ttls(true))]).toEqual([24, 36])
    const unrest = viewOf(withSlots('a', 100, {}, { drained: true }), withSlots('b', 100))
    expect(steer(unrest, listenerAt('a'), { ...deps(roll), isBusy: () => true })?.ttlSeconds).toBeLessThan(13)
    expect([0, 0.5, 0.999].map((at) => steeringTtl(deps(() => at)))).toEqual([8, 10, 12])
    expect(steeringTtl({ ...deps(() => 0.5), isBusy: () => true })).toBe(30)
  })
})

describe('a cluster of steered sessions', () => {
  test.each(seeds(5))(
    'leaves a drained server within a TTL and spreads evenly; a new one fills up (seed %i)',
    (seed) => {
      const cluster = new SteeredCluster(seed)
      for (const id of ['a', 'b', 'c']) cluster.add(id, 200)
      cluster.join(300)
      cluster.pass(30)
      cluster.drain('a')
      cluster.pass(12)
      expect(cluster.at('a')).toBe(0)
      const { b = 0, c = 0 } = cluster.utilisations
      expect(Math.abs(b - c)).toBeLessThanOrEqual(5)
      cluster.add('d', 200)
      cluster.pass(120)
      const { a: _, ...open } = cluster.utilisations
      const shares = Object.values(open)
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(10)
      expect(cluster.refused).toBe(0)
    },
  )

  test.each(seeds(3))('loses a server without a refused session while there is room (seed %i)', (seed) => {
    const cluster = new SteeredCluster(seed)
    for (const id of ['a', 'b', 'c']) cluster.add(id, 200)
    cluster.join(300)
    cluster.pass(20)
    cluster.kill('a')
    cluster.pass(45)
    expect(cluster.at('a')).toBe(0)
    expect(cluster.refused).toBe(0)
    expect(Math.max(cluster.at('b'), cluster.at('c'))).toBeLessThanOrEqual(200)
  })

  test('in balance is left alone: nobody moves', () => {
    const cluster = new SteeredCluster(7)
    for (const id of ['a', 'b', 'c', 'd']) cluster.add(id, 500)
    cluster.join(1200)
    cluster.pass(isThorough ? 300 : 60)
    expect(cluster.moved).toBe(0)
  })

  test('never overshoots: a server that is evened out does not fall below the others', () => {
    const cluster = new SteeredCluster(9)
    cluster.add('a', 400)
    cluster.join(360)
    cluster.add('b', 400)
    cluster.pass(300)
    const { a = 0, b = 0 } = cluster.utilisations
    expect(a).toBeGreaterThanOrEqual(b)
    expect(a - b).toBeLessThanOrEqual(10)
    expect(cluster.moved).toBeLessThanOrEqual(180)
  })
})

test('a manifest names clones with the whole url of their playlist, made from a pathway that the player knows', () => {
  const pathways = [
    { id: 'new', url: 'http://new.example:8003/hls/live.mp3/media.m3u8?s=x' },
    { id: 'old', url: 'http://old.example/hls/live.mp3/media.m3u8?s=x' },
  ]
  expect(JSON.parse(printManifest(pathways, 9, ['old', 'older']))).toEqual({
    VERSION: 1,
    TTL: 9,
    'PATHWAY-PRIORITY': ['new', 'old'],
    'PATHWAY-CLONES': [
      {
        'BASE-ID': 'old',
        ID: 'new',
        // video.js takes the name alone, and throws without PARAMS
        'URI-REPLACEMENT': {
          HOST: 'new.example',
          PARAMS: {},
          'PER-VARIANT-URIS': { audio: pathways[0]?.url },
        },
      },
    ],
  })
  expect(JSON.parse(printManifest(pathways, 9, []))).not.toHaveProperty('PATHWAY-CLONES')
})

test('many questions a second make players ask less often, until there are few', () => {
  let nowMs = 0
  const meter = new BusyMeter(() => nowMs)
  const ask = (perSecond: number, seconds: number) => {
    for (let i = 0; i < perSecond * seconds; i++) {
      nowMs += 1000 / perSecond
      meter.count()
    }
    return meter.isBusy
  }
  expect(ask(150, 30)).toBe(false)
  expect(ask(300, 30)).toBe(true)
  expect(ask(100, 30)).toBe(true) // the same players, who ask a third as often
  expect(ask(50, 30)).toBe(false)
})
