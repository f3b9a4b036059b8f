import { describe, expect, test } from 'vitest'
import { JoinRate, smoothed, TotalDemand } from '../../../../shared/draw/pool/demand.ts'
import { type Candidate, Pool, urlAt } from '../../../../shared/draw/pool/pool.ts'
import { cellOf, middleOf, noCell } from '../../../../shared/draw/pool/region.ts'
import { excluded, pointOf, pullsByFar, Sites } from '../../../../shared/draw/pool/sites.ts'
import type { GeoLocation } from '../../../../shared/geo.ts'
import { limits } from '../../../../shared/limits.ts'
import type { Report } from '../../../../shared/report/report.ts'
import { mountOf, serverOf } from '../../../kit/parts/reports.ts'

const berlin: GeoLocation = { latitude: 52.5, longitude: 13.4 }
const madrid: GeoLocation = { latitude: 40.4, longitude: -3.7 }

function candidate(
  id: string,
  free: number,
  held: Partial<Candidate['server']> = {},
  over: Partial<Report> = {},
): Candidate {
  return {
    server: serverOf(id, over, held),
    free,
    slots: free,
    openUntilMs: 1000,
    base: `http://${id}`,
    carries: () => true,
  }
}

function poolOf(...candidates: Candidate[]): Pool {
  const pool = new Pool()
  for (const each of candidates) pool.put(each)
  return pool
}

/** Numbers that a draw asks for one after the other. */
const rolls = (...numbers: number[]) => {
  let used = 0
  return () => numbers[used++] ?? 0
}

describe('a pool', () => {
  test('has a server at one index, which the next new one gets once it is gone', () => {
    const pool = poolOf(candidate('a', 1), candidate('b', 2))
    expect([pool.indexOf('a'), pool.indexOf('b'), pool.indexOf('c'), pool.indexOf(undefined)]).toEqual([
      0, 1, -1, -1,
    ])
    pool.put(candidate('a', 5))
    expect([pool.size, pool.freeAt(0, 0)]).toEqual([2, 5])
    pool.remove('a')
    pool.remove('nobody')
    expect([pool.size, pool.indexOf('a'), pool.freeAt(0, 0), pool.at(0)]).toEqual([2, -1, 0, undefined])
    pool.put(candidate('c', 3))
    expect([pool.size, pool.indexOf('c')]).toEqual([2, 0])
  })

  test('tells of a server that comes, goes, moves or has another rule, and not of one that just reports', () => {
    const pool = poolOf(candidate('a', 1), candidate('b', 1))
    const rule = { allow: true, codes: ['DE', 'AT'] }
    const changes = [
      candidate('a', 9),
      candidate('a', 9, { location: berlin }),
      candidate('a', 9, { location: { ...berlin } }),
      candidate('a', 9, { location: { ...berlin, longitude: 13 } }),
      candidate('a', 9, { location: { latitude: 52, longitude: 13 } }),
      candidate('a', 9, { location: { latitude: 52, longitude: 13 } }, { countries: rule }),
      candidate('a', 9, { location: { latitude: 52, longitude: 13 } }, { countries: { ...rule } }),
      candidate(
        'a',
        9,
        { location: { latitude: 52, longitude: 13 } },
        { countries: { ...rule, allow: false } },
      ),
      candidate('a', 9, {}, { countries: { allow: false, codes: ['DE'] } }),
    ].map((each) => {
      const before = pool.changes
      pool.put(each)
      return pool.changes - before
    })
    expect(changes).toEqual([0, 1, 0, 1, 1, 1, 0, 1, 1])
    expect([pool.changedAt(0), pool.changedAt(1), pool.changedAt(2), pool.puts]).toEqual([8, 2, 0, 11])
  })

  test('knows whether any server has a location or a rule, also once it is gone', () => {
    const pool = poolOf(candidate('a', 1))
    const facts = () => [pool.isLocated, pool.isRuled, pool.ruledCountries()]
    expect(facts()).toEqual([false, false, []])
    pool.put(candidate('b', 1, { location: berlin }, { countries: { allow: true, codes: ['DE', 'AT'] } }))
    pool.put(candidate('c', 1, {}, { countries: { allow: false, codes: ['AT', 'CH'] } }))
    expect(facts()).toEqual([true, true, ['DE', 'AT', 'CH']])
    pool.remove('b')
    expect(facts()).toEqual([false, true, ['AT', 'CH']])
    pool.remove('c')
    expect(facts()).toEqual([false, false, []])
  })

  test('has slots of a server up to its deadline, or longer while the decider keeps it in, and never of one that is closed', () => {
    const closed = { ...candidate('closed', 5, { heldUntilMs: 2000 }), openUntilMs: Number.NEGATIVE_INFINITY }
    const pool = poolOf(candidate('a', 5), candidate('held', 5, { heldUntilMs: 2000 }), closed)
    const freeAt = (nowMs: number) => [0, 1, 2].map((index) => pool.freeAt(index, nowMs))
    expect(freeAt(1000)).toEqual([5, 5, 0])
    expect(freeAt(1001)).toEqual([0, 5, 0])
    expect(freeAt(2000)).toEqual([0, 5, 0])
    expect(freeAt(2001)).toEqual([0, 0, 0])
  })

  test('weighs by the slots that redirects have left, and draws by all free ones once none is left', () => {
    const pool = poolOf(candidate('a', 5, { debit: 5 }), candidate('b', 3, { debit: 2 }))
    expect([pool.weightAt(0, 0), pool.weightAt(1, 0), pool.weightAt(7, 0)]).toEqual([0, 1, 0])
    expect(pool.draw(0, rolls(0, 0))?.base).toBe('http://b')
    expect(pool.draw(0, rolls(0, 0), 'b')?.base).toBe('http://a')
    expect(poolOf(candidate('a', 0)).draw(0, rolls(0))).toBeUndefined()
  })

  test('is copied with all that it knows, and the copy changes by itself', () => {
    const pool = poolOf(
      candidate('a', 5, { location: berlin }),
      candidate('gone', 1),
      candidate('b', 3, {}, { countries: { allow: true, codes: ['DE'] } }),
    )
    pool.remove('gone')
    const copy = Pool.copyOf(pool)
    const facts = ({ size, changes, puts, isLocated, isRuled }: Pool) => ({
      size,
      changes,
      puts,
      isLocated,
      isRuled,
    })
    expect(facts(copy)).toEqual(facts(pool))
    expect([0, 1, 2].map((i) => copy.changedAt(i))).toEqual([0, 1, 2].map((i) => pool.changedAt(i)))
    expect([0.1, 0.9].map((roll) => copy.draw(0, rolls(roll))?.base)).toEqual(['http://a', 'http://b'])
    copy.put(candidate('new', 9, { location: madrid }))
    expect([copy.indexOf('new'), copy.sites.isLocated(1)]).toEqual([1, true])
    expect([pool.indexOf('new'), pool.sites.isLocated(1)]).toEqual([-1, false])
  })

  test('sees a decision made now in the next report: after the rest of the interval, and what a report takes on its way', () => {
    const pool = poolOf(candidate('a', 1, { receivedAtMs: 500 }, { interval: 10 }))
    const graceS = limits.deadlineGraceMs / 1000
    expect([500, 4500, 10_500, 99_000].map((nowMs) => pool.blindSecondsAt(0, nowMs) - graceS)).toEqual([
      10, 6, 0, 0,
    ])
    expect(pool.blindSecondsAt(1, 500)).toBe(0)
  })

  test('has the mean of the factors of its servers', () => {
    const pool = poolOf(candidate('a', 1, { factor: 2 }), candidate('b', 1, { factor: 5 }))
    expect(pool.meanFactor).toBe(3.5)
    pool.remove('a')
    expect([pool.meanFactor, new Pool().meanFactor]).toEqual([5, 0])
  })
})

test('the url of a mount at a server has its name as a URL has it', () => {
  expect(urlAt(candidate('a', 1), mountOf('/caf%C3%A9'))).toBe('http://a/caf%C3%A9')
})

describe('several servers for a playlist', () => {
  const ids = (drawn: Candidate[]) => drawn.map(({ server }) => server.report.id)

  test('are those with slots left, each once, in the order of -ln(1 - roll) ÷ weight', () => {
    const pool = poolOf(candidate('a', 1), candidate('none', 0), candidate('b', 2), candidate('c', 10))
    expect(ids(pool.drawSeveral(0, rolls(0.5, 0.9, 0.5), 5))).toEqual(['c', 'a', 'b'])
    expect(ids(pool.drawSeveral(0, rolls(0.5, 0.5, 0.5), 2))).toEqual(['c', 'b'])
    expect(ids(pool.drawSeveral(0, rolls(0, 0.5, 0.5), 1))).toEqual(['a'])
  })

  test('are drawn by free slots where all are on their way', () => {
    const pool = poolOf(candidate('a', 1, { debit: 9 }), candidate('b', 4, { debit: 4 }))
    expect(ids(pool.drawSeveral(0, rolls(0.5, 0.5), 5))).toEqual(['b', 'a'])
    const some = poolOf(candidate('a', 1, { debit: 1 }), candidate('b', 4))
    expect(ids(some.drawSeveral(0, rolls(0.5, 0.5), 5))).toEqual(['b'])
  })

  test('serve the country, and are among those that may be named', () => {
    const us = candidate('us', 9, {}, { countries: { allow: true, codes: ['US'] } })
    const pool = poolOf(us, candidate('a', 1), candidate('b', 1))
    const drawn = (country: string | undefined, out: string) =>
      ids(pool.drawSeveral(0, rolls(0.5, 0.4, 0.3), 5, country, ({ report }) => report.id !== out))
    expect(drawn('US', '')).toEqual(['us', 'b', 'a'])
    expect(drawn('DE', '')).toEqual(['b', 'a'])
    expect(drawn(undefined, 'a')).toEqual(['b'])
  })
})

test('a rate is three tenths of the newest second and seven of what was before', () => {
  expect(smoothed(10, 20, 1)).toBeCloseTo(13)
  expect(smoothed(10, 20, 2)).toBeCloseTo(15.1)
  const rate = new JoinRate()
  for (let i = 0; i < 10; i++) rate.add(0)
  expect([rate.at(999), rate.at(1000)]).toEqual([0, expect.closeTo(3)])
  rate.add(1500)
  expect(rate.at(3000)).toBeCloseTo(3 + (0.5 - 3) * (1 - 0.49))
})

test('a mount claims its part of all joins, and everything while there is nothing to part', () => {
  const total = new TotalDemand()
  expect(total.shareOf(0, 0)).toBe(1)
  for (let i = 0; i < 10; i++) total.join(0)
  expect(total.shareOf(0.75, 1000)).toBeCloseTo(0.25)
  expect([total.shareOf(3.1, 1000), total.shareOf(9, 1000)]).toEqual([1, 1])
})

describe('where servers and listeners are', () => {
  test('a listener is taken to be in the middle of a cell of 2.5 degrees, at the edges of the map too', () => {
    const middle = (latitude: number, longitude: number) => middleOf(cellOf({ latitude, longitude }))
    expect(middle(52.5, 13.4)).toEqual({ latitude: 53.75, longitude: 13.75 })
    expect(middle(52.4, 12.4)).toEqual({ latitude: 51.25, longitude: 11.25 })
    expect(middle(-90, -180)).toEqual({ latitude: -88.75, longitude: -178.75 })
    expect(middle(0, 180)).toEqual({ latitude: 1.25, longitude: 181.25 })
    expect(middleOf(noCell)).toBeUndefined()
  })

  test('distances are in thirds of a kilometer, for servers at any index', () => {
    const sites = new Sites()
    sites.set(40, madrid)
    sites.set(0, undefined)
    sites.set(15, berlin)
    sites.set(16, { latitude: 0, longitude: 180 })
    expect([0, 15, 16, 40, 1000].map((index) => sites.isLocated(index))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ])
    const far = (from: GeoLocation, index: number) => sites.farFrom(pointOf(from), index) / 3
    expect(far(berlin, 15)).toBe(0)
    expect(far(berlin, 40)).toBeCloseTo(1869, -1)
    expect(far({ latitude: 0, longitude: 0 }, 16)).toBeCloseTo(20_015, -1)
    sites.set(15, undefined)
    expect(sites.isLocated(15)).toBe(false)
  })

  test('a pull falls to 1/e in 100 km, and is none of a server that is excluded', () => {
    expect(pullsByFar[0]).toBe(1)
    expect(pullsByFar[300]).toBeCloseTo(Math.exp(-1))
    expect(pullsByFar[excluded]).toBe(0)
  })
})
