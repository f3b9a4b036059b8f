import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capProximity, type Demand, distanceKm, pull } from '../../shared/proximity.ts'

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
  // the table's figures are of the ellipsoid: a sphere is off by at most half a per cent
  expect(Math.abs(distanceKm(a, b) - km)).toBeLessThanOrEqual(km * 0.005 + 1)
})

test('a near server pulls more than a far one, and an unknown place counts as no distance at all', () => {
  expect(pull(berlin, berlin)).toBe(1)
  expect(pull(berlin, sydney)).toBeGreaterThan(0)
  expect(pull(berlin, sydney)).toBeLessThan(0.001)
  expect([pull(undefined, berlin), pull(berlin, undefined)]).toEqual([1, 1])
  expect(pull(equator, berlin), 'a place at 0, 0 is known').toBeLessThan(1)
})

describe('proximity is capped', () => {
  const claimsOf = (free: number[], demands: Demand[], multipliers: Float64Array) => {
    const claims = free.map(() => 0)
    for (const { joins, pulls } of demands) {
      const weights = free.map((f, i) => f * (pulls[i] ?? 0) * (multipliers[i] ?? 0))
      const total = weights.reduce((a, b) => a + b, 0)
      for (const [i, weight] of weights.entries()) claims[i] = (claims[i] ?? 0) + (joins * weight) / total
    }
    return claims
  }
  const demand = (joins: number, ...pulls: number[]): Demand => ({ joins, pulls: Float64Array.from(pulls) })

  test('so that a crowd beside a small server claims no more than nine tenths of it', () => {
    const free = [100, 1000, 1000]
    const crowd = [demand(1000, 1, 0.01, 0.01)]
    const multipliers = capProximity(Float64Array.from(free), crowd)
    if (!multipliers) throw new Error('not capped')
    const claims = claimsOf(free, crowd, multipliers)
    expect(claims[0]).toBeGreaterThan(80)
    expect(claims[0]).toBeLessThanOrEqual(91)
  })

  test('only where it must be: when it is calm every multiplier is 1', () => {
    const calm = [demand(10, 1, 0.01, 0.5), demand(10, 0.01, 1, 0.5)]
    expect(capProximity(Float64Array.of(1000, 1000, 1000), calm)).toEqual(Float64Array.of(1, 1, 1))
  })

  test('and gives way where demand claims nearly all the room there is', () => {
    expect(capProximity(Float64Array.of(100, 100), [demand(181, 1, 0.5)])).toBeUndefined()
  })

  test('S3: in any cluster, no server is expected to fill before the rest (Property 1)', () => {
    const servers = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 20 })
    const regions = fc.array(
      fc.tuple(
        fc.nat({ max: 20_000 }),
        fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 }),
      ),
      { maxLength: 6 },
    )
    let capped = 0
    fc.assert(
      fc.property(servers, regions, (free, all) => {
        const demands = all.map(([joins, pulls]) => demand(joins, ...pulls.slice(0, free.length)))
        const multipliers = capProximity(Float64Array.from(free), demands)
        if (!multipliers) return
        capped++
        for (const [i, claimed] of claimsOf(free, demands, multipliers).entries()) {
          expect(claimed || 0).toBeLessThanOrEqual(0.92 * (free[i] ?? 0) + 1e-9)
          expect(multipliers[i]).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 2_000 },
    )
    expect(capped).toBeGreaterThan(100)
  })

  test('a moment later it recovers from where it was', () => {
    const free = Float64Array.of(100, 1000, 1000)
    const tight = capProximity(free, [demand(1000, 1, 0.01, 0.01)])
    let now = tight
    for (let i = 0; i < 10; i++) now = capProximity(free, [demand(10, 1, 0.01, 0.01)], now)
    expect(tight?.[0]).toBeLessThan(0.1)
    expect(now?.[0]).toBe(1)
  })
})
