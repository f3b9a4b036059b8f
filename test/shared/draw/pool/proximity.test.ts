import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Cap,
  capProximity,
  capSteps,
  type Demand,
  distanceKm,
  pull,
  type Supply,
} from '../../../../shared/draw/pool/proximity.ts'
import { wholeOf } from '../../../../shared/http/slices.ts'
import { repetitions } from '../../../kit/base/repetitions.ts'

const berlin = { latitude: 52.52, longitude: 13.4 }
const sydney = { latitude: -33.87, longitude: 151.21 }
const equator = { latitude: 0, longitude: 0 }

test.each([
  [berlin, { latitude: 48.14, longitude: 11.58 }, 504],
  [berlin, sydney, 16_089],
  [equator, { latitude: 0, longitude: 180 }, 20_015],
  [{ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 }, 111],
  [berlin, berlin, 0],
  [equator, equator, 0],
])('from %j to %j it is %i km', (a, b, km) => {
  // the expected distances are on the ellipsoid: a sphere is off by at most half a per cent
  expect(Math.abs(distanceKm(a, b) - km)).toBeLessThanOrEqual(km * 0.005 + 1)
})

test('a near server pulls more than a far one, and an unknown location counts as distance 0', () => {
  expect(pull(berlin, berlin)).toBe(1)
  expect(pull(berlin, sydney)).toBeGreaterThan(0)
  expect(pull(berlin, sydney)).toBeLessThan(0.001)
  expect([pull(undefined, berlin), pull(berlin, undefined)]).toEqual([1, 1])
  expect(pull(equator, berlin), 'a location at 0, 0 is known').toBeLessThan(1)
})

describe('proximity is capped', () => {
  /** s until every server's next report, so that a rate is a tenth of the joins in the tests */
  const blindS = 10
  const demand = (joins: number, ...pulls: number[]): Demand => ({
    rate: joins / blindS,
    far: Uint16Array.from(pulls.keys()),
    pulls: Float64Array.from(pulls),
  })
  const supply = (free: readonly number[], share = 1): Supply => ({
    free: Float64Array.from(free),
    blindS: new Float64Array(free.length).fill(blindS),
    share,
  })
  /** the joins that each server is expected to get, including those that others shed */
  const claimsOf = (free: readonly number[], demands: readonly Demand[], { multipliers, keep }: Cap) => {
    const claims = free.map(() => 0)
    let shed = 0
    const room = free.reduce((a, b) => a + b, 0)
    for (const { rate, pulls } of demands) {
      const weights = free.map((f, i) => f * (pulls[i] ?? 0) * (multipliers[i] ?? 0))
      const total = weights.reduce((a, b) => a + b, 0)
      for (const [i, weight] of weights.entries()) {
        const drawn = total === 0 ? 0 : (rate * blindS * weight) / total
        claims[i] = (claims[i] ?? 0) + drawn * (keep[i] ?? 0)
        shed += drawn * (1 - (keep[i] ?? 0))
      }
    }
    return claims.map((claimed, i) => claimed + (room === 0 ? 0 : (shed * (free[i] ?? 0)) / room))
  }

  test('so that a crowd near a small server claims nearly nine tenths of it, and no more', () => {
    const free = [100, 1000, 1000]
    const crowd = [demand(1000, 1, 0.01, 0.01)]
    const [claimed = 0] = claimsOf(free, crowd, capProximity(supply(free), crowd))
    expect(claimed).toBeGreaterThan(80)
    expect(claimed).toBeLessThanOrEqual(91)
  })

  test('only if necessary: with little demand every multiplier is 1, and every draw stands', () => {
    const calm = [demand(10, 1, 0.01, 0.5), demand(10, 0.01, 1, 0.5)]
    expect(capProximity(supply([1000, 1000, 1000]), calm)).toEqual({
      multipliers: Float64Array.of(1, 1, 1),
      keep: Float64Array.of(1, 1, 1),
    })
  })

  test('and gives way if demand claims nearly all room', () => {
    expect(capProximity(supply([100, 100]), [demand(195, 1, 0.5)]).keep).toEqual(Float64Array.of(0, 0))
  })

  test('S3: in any cluster, no server is expected to fill before the rest (Property 1)', () => {
    const servers = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 20 })
    const regions = fc.array(
      fc.tuple(
        fc.nat({ max: 20_000 }),
        fc.array(fc.double({ min: 1e-80, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 }),
      ),
      { maxLength: 6 },
    )
    const runs = repetitions(2_000)
    let capped = 0
    fc.assert(
      fc.property(servers, regions, (free, all) => {
        const demands = all.map(([joins, pulls]) => demand(joins, ...pulls.slice(0, free.length)))
        const cap = capProximity(supply(free), demands)
        if (cap.keep.some((part) => part > 0 && part < 1)) capped++
        const joins = demands.reduce((sum, { rate }) => sum + rate * blindS, 0)
        const room = free.reduce((a, b) => a + b, 0)
        for (const [i, claimed] of claimsOf(free, demands, cap).entries()) {
          const most = Math.max(0.92 * (free[i] ?? 0), (joins * (free[i] ?? 0)) / Math.max(1, room))
          expect(claimed || 0).toBeLessThanOrEqual(most + 1e-6)
          expect(cap.multipliers[i]).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: runs },
    )
    expect(capped).toBeGreaterThan(runs / 20)
  })

  test('and recovers step by step from the multipliers of the last call', () => {
    const free = [100, 1000, 1000]
    const tight = capProximity(supply(free), [demand(1000, 1, 0.01, 0.01)])
    let now = tight
    for (let i = 0; i < 10; i++)
      now = capProximity(supply(free), [demand(10, 1, 0.01, 0.01)], now.multipliers)
    expect(tight.multipliers[0]).toBeLessThan(0.1)
    expect(now.multipliers[0]).toBeGreaterThan(0.99)
    expect(now.keep).toEqual(Float64Array.of(1, 1, 1))
  })

  test('and a server that comes leaves the prices of the others as they are', () => {
    const tight = capProximity(supply([100, 1000]), [demand(1000, 1, 0.01)])
    const steps = capSteps(supply([100, 1000, 500]), [demand(1000, 1, 0.01, 0.001)], tight.multipliers, 1)
    const { multipliers } = wholeOf(steps)
    expect(tight.multipliers[0]).toBeLessThan(0.1)
    expect(multipliers[0]).toBeLessThan(0.1)
    expect(multipliers[2]).toBe(1)
  })

  test('in steps that look at one region each, however many regions and rounds there are', () => {
    const crowds = [demand(1000, 1, 0.01, 0.1), demand(0, 1, 1, 1), demand(500, 0.1, 1, 0.1)]
    const steps = capSteps(supply([100, 1000, 1000]), crowds, undefined, 4)
    const visited: number[] = []
    let last = steps.next()
    for (; !last.done; last = steps.next()) visited.push(last.value)
    expect(visited).toEqual(Array(2 * 5).fill(3))
    expect(last.value).toEqual(capProximity(supply([100, 1000, 1000]), crowds, undefined, 4))
  })

  test('a mount with a third of all joins claims a third of the room', () => {
    const free = [900, 9000]
    const crowd = [demand(2000, 1, 0.001)]
    const [claimed = 0] = claimsOf(free, crowd, capProximity(supply(free, 1 / 3), crowd))
    expect(claimed).toBeGreaterThan(220)
    expect(claimed).toBeLessThanOrEqual(275)
  })

  test('a server with a long interval is claimed less, without making the others count as far', () => {
    const free = [1000, 1000]
    const seldom: Supply = { ...supply(free), blindS: Float64Array.of(1200, 10) }
    let cap = capProximity(seldom, [demand(100, 1, 1e-9)])
    for (let i = 0; i < 10; i++) cap = capProximity(seldom, [demand(100, 1, 1e-9)], cap.multipliers)
    const near = 1 * (cap.multipliers[0] ?? 0)
    const far = 1e-9 * (cap.multipliers[1] ?? 0)
    const [keep = 0, keepFar = 0] = cap.keep
    const shed = (near * (1 - keep) + far * (1 - keepFar)) / (near + far)
    const part = (keep * near) / (near + far) + shed / 2
    expect(10 * 1200 * part, 'joins before it reports again').toBeLessThanOrEqual(920)
    const there = [demand(100, 1e-9, 1)]
    expect(capProximity(seldom, there)).toEqual({
      multipliers: Float64Array.of(1, 1),
      keep: Float64Array.of(1, 1),
    })
  })

  test('and a region that no server may have claims nothing', () => {
    const crowd = demand(1000, 1, 0.01)
    const both = capProximity(supply([100, 1000]), [crowd, demand(50, 0, 0)])
    expect(both).toEqual(capProximity(supply([100, 1000]), [crowd]))
  })

  test('by prices whose ratio alone matters: if all have risen they fall together, and a full server keeps its own', () => {
    expect(capProximity(supply([100]), [demand(1000, 1)]).multipliers).toEqual(Float64Array.of(1))
    expect(capProximity(supply([100, 100]), [demand(1000, 1, 1)]).multipliers).toEqual(Float64Array.of(1, 1))
    const crowd = [demand(1000, 1, 0.01, 0.01)]
    const from = (...prices: number[]) =>
      capProximity(supply([100, 1000, 0]), crowd, Float64Array.from(prices)).multipliers
    const [near = 0, far] = from(1, 1, 1)
    expect(from(1e-3, 1e-3, 1e-3)[0]).toBeCloseTo(near, 2)
    expect([far, from(1e-3, 1e-3, 0.5)[1]], 'however low that of a full one is').toEqual([1, 1])
    const calm = capProximity(supply([100, 0]), [demand(50, 1, 1)], Float64Array.of(1, 0.5))
    expect(calm.multipliers).toEqual(Float64Array.of(1, 0.5))
    const none = capProximity(supply([0, 0]), crowd, Float64Array.of(1, 0.5))
    expect(none.multipliers, 'where nobody has room').toEqual(Float64Array.of(1, 0.5))
  })

  test('and once prices have settled every draw stands, and nine tenths are claimed', () => {
    const free = [100, 1000, 1000]
    const crowds = [demand(600, 1, 0.01, 0.001), demand(300, 0.5, 1, 0.01)]
    let cap = capProximity(supply(free), crowds)
    for (let i = 0; i < 20; i++) cap = capProximity(supply(free), crowds, cap.multipliers)
    expect(cap.keep).toEqual(Float64Array.of(1, 1, 1))
    expect(claimsOf(free, crowds, cap)[0]).toBeCloseTo(90, 0)
  })

  test('for a mount with half of the joins at half of the room', () => {
    const crowd = [demand(100, 1, 0.01)]
    expect(capProximity(supply([200, 1000]), crowd).multipliers).toEqual(Float64Array.of(1, 1))
    const half = capProximity(supply([200, 1000], 0.5), crowd, undefined, 1)
    expect(half.multipliers[0]).toBeLessThan(1)
    // one round has not settled it: of what is claimed more than 90 stand, with their part of what is shed
    const [claimed = 0] = claimsOf([200, 1000], crowd, half)
    expect(claimed).toBeCloseTo(90, 0)
  })

  test.each<[string, number[], number[], Demand[]]>([
    ['one server', [100, 1000], [10, 10], [demand(500, 1, 1e-30)]],
    ['two servers', [100, 50, 10_000], [10, 10, 10], [demand(400, 1, 0.5, 1e-30)]],
    [
      'two regions',
      [100, 80, 10_000],
      [10, 10, 10],
      [demand(400, 1, 1e-20, 1e-30), demand(300, 1e-20, 1, 1e-30)],
    ],
    ['a server with another interval', [300, 80, 20_000], [30, 2, 10], [demand(400, 1, 0.5, 1e-30)]],
    [
      'one beside others with room',
      [100, 3000, 10_000],
      [10, 10, 10],
      [demand(500, 1, 1e-30, 1e-30), demand(900, 0, 1, 0)],
    ],
    [
      'one beside one that gets too many blind draws alone',
      [100, 5000, 5000],
      [10, 1000, 10],
      [demand(500, 1, 0, 0), demand(200, 0, 1, 0)],
    ],
  ])(
    'and as long as they have not, %s sheds what is more than its bound, and no more',
    (_, free, blind, demands) => {
      const all: Supply = { free: Float64Array.from(free), blindS: Float64Array.from(blind), share: 1 }
      const { multipliers, keep } = capProximity(all, demands, undefined, 1)
      const claims = free.map(() => 0)
      for (const { rate, pulls } of demands) {
        const weights = free.map((slots, i) => slots * (pulls[i] ?? 0) * (multipliers[i] ?? 0))
        const total = weights.reduce((a, b) => a + b, 0)
        for (const [i, weight] of weights.entries())
          claims[i] = (claims[i] ?? 0) + (rate * weight * (blind[i] ?? 0)) / total
      }
      const room = free.reduce((a, b) => a + b, 0)
      const shedRate = claims.reduce(
        (sum, each, i) => sum + ((1 - (keep[i] ?? 0)) * each) / (blind[i] ?? 1),
        0,
      )
      expect(shedRate).toBeGreaterThan(0)
      for (const [i, slots] of free.entries()) {
        const bound = 0.9 * slots
        const stands = (keep[i] ?? 0) * (claims[i] ?? 0) + (shedRate * slots * (blind[i] ?? 0)) / room
        if (keep[i] === 1) expect(stands).toBeLessThan(1.011 * bound)
        else if (keep[i] === 0) expect(stands).toBeGreaterThanOrEqual(bound)
        else expect(stands / bound).toBeCloseTo(1, 2)
      }
    },
  )
})
