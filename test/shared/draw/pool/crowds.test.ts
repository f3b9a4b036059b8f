import { describe, expect, test } from 'vitest'
import { TotalDemand } from '../../../../shared/draw/pool/demand.ts'
import { Pool } from '../../../../shared/draw/pool/pool.ts'
import { createRegion, moveDemand, regionKeyOf } from '../../../../shared/draw/pool/region.ts'
import { Regions, regionsMaxOf } from '../../../../shared/draw/pool/regions.ts'
import { Sites } from '../../../../shared/draw/pool/sites.ts'
import type { Server } from '../../../../shared/draw/server.ts'
import type { GeoLocation, Whereabouts } from '../../../../shared/geo.ts'
import type { Report } from '../../../../shared/report/report.ts'
import { seededRoll, serverOf } from '../../../kit/parts/reports.ts'

// Centers of regions, so that a listener is exactly where its region is assumed to be.
const berlin: GeoLocation = { latitude: 51.25, longitude: 13.75 }
const munich: GeoLocation = { latitude: 48.75, longitude: 11.25 }
const madrid: GeoLocation = { latitude: 41.25, longitude: -3.75 }
const tokyo: GeoLocation = { latitude: 36.25, longitude: 138.75 }

/** the center of the i-th cell of the earth, of some thousands */
const cell = (i: number) => ({
  latitude: Math.floor(i / 144) * 2.5 - 78.75,
  longitude: (i % 144) * 2.5 - 178.75,
})

interface Site extends Partial<Server> {
  slots?: number
  over?: Partial<Report>
}

function put(pool: Pool, id: string, { slots = 1000, over, ...held }: Site): void {
  const server = serverOf(id, { maxListeners: slots, ...over }, held)
  const openUntilMs = Number.POSITIVE_INFINITY
  pool.put({ server, free: slots, slots, openUntilMs, base: id, carries: () => true })
}

/** Regions over these servers, in this order; a draw gives the id of a server. */
function clusterOf(sites: Record<string, Site>, total = new TotalDemand()) {
  const pool = new Pool()
  for (const [id, site] of Object.entries(sites)) put(pool, id, site)
  const regions = new Regions(pool, total)
  return { pool, regions, draw: drawFrom(regions) }
}

const drawFrom = (regions: Regions, seed = 1) => {
  const roll = seededRoll(seed)
  return (from: Whereabouts, nowMs: number, asked: { except?: string; probe?: boolean } = {}) =>
    regions.draw({ from, ...asked }, nowMs, roll)?.server.report.id
}
type Draw = ReturnType<typeof drawFrom>

/** How many of `n` listeners of a place get each server, from a moment on, `perSecond` of them a second. */
function crowd(draw: Draw, from: Whereabouts, fromMs: number, n: number, perSecond: number, isProbe = false) {
  const counts: Record<string, number> = {}
  for (let i = 0; i < n; i++) {
    const id = draw(from, fromMs + Math.floor((i * 1000) / perSecond), { probe: isProbe }) ?? 'nobody'
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}
/** The same by probes of one moment, which change nothing. */
const look = (draw: Draw, from: Whereabouts, nowMs: number, n = 200) => crowd(draw, from, nowMs, n, 1e9, true)

describe('a listener goes to the nearest server with room', () => {
  test.each<[string, Record<string, Site>, Whereabouts, string]>([
    ['of two', { tokyo: { location: tokyo }, berlin: { location: berlin } }, { location: berlin }, 'berlin'],
    [
      'whichever came last',
      { berlin: { location: berlin }, tokyo: { location: tokyo } },
      { location: berlin },
      'berlin',
    ],
    [
      'a full one next to it does not hide the others',
      { full: { slots: 0, location: berlin }, tokyo: { location: tokyo }, madrid: { location: madrid } },
      { location: berlin },
      'madrid',
    ],
    [
      'nor one that came last',
      { madrid: { location: madrid }, tokyo: { location: tokyo }, full: { slots: 0, location: berlin } },
      { location: berlin },
      'madrid',
    ],
    [
      'however far all of them are',
      { tokyo: { location: tokyo }, madrid: { location: madrid } },
      { location: { latitude: -33.75, longitude: 18.75 } },
      'madrid',
    ],
    [
      'except the one that sent it back',
      { berlin: { location: berlin }, munich: { location: munich }, tokyo: { location: tokyo } },
      { location: berlin },
      'berlin',
    ],
  ])('%s', (_, sites, from, id) => {
    const { draw } = clusterOf(sites)
    const [most] = Object.entries(look(draw, from, 0)).toSorted(([, a], [, b]) => b - a)
    expect(most?.[0]).toBe(id)
    expect(most?.[1]).toBeGreaterThan(180)
    if (id === 'berlin' && 'munich' in sites)
      for (let i = 0; i < 20; i++) expect(draw(from, 0, { except: 'berlin' })).toBe('munich')
  })

  test('at once where a server comes, goes or moves', () => {
    const { pool, draw } = clusterOf({ madrid: { location: madrid }, tokyo: { location: tokyo } })
    const from = { location: berlin }
    expect(look(draw, from, 0, 20)).toEqual({ madrid: 20 })
    put(pool, 'tokyo', { location: munich })
    expect(look(draw, from, 1, 20)).toEqual({ tokyo: 20 })
    put(pool, 'tokyo', { location: tokyo })
    expect(look(draw, from, 2, 20)).toEqual({ madrid: 20 })
    pool.remove('madrid')
    put(pool, 'new', { location: munich })
    expect(look(draw, from, 3, 20)).toEqual({ new: 20 })
  })

  test('a quarter of a second after it came, where prices of very many regions and servers stand for longer', () => {
    const { pool, draw } = clusterOf({ berlin: { location: berlin } })
    for (let i = 0; i < 150; i++) put(pool, `s${i}`, { location: tokyo })
    // 2,000 regions of 152 servers: prices stand for 304 ms
    for (let i = 0; i < 2000; i++) draw({ location: cell(i) }, 1000, { probe: true })
    expect(look(draw, { location: munich }, 1000, 20)).toEqual({ berlin: 20 })
    put(pool, 'new', { location: munich, slots: 100_000 })
    expect(look(draw, { location: munich }, 1249, 20)).toEqual({ berlin: 20 })
    expect(look(draw, { location: munich }, 1250, 20)).toEqual({ new: 20 })
  })

  test('from a region of which nobody came before, too, in the middle of a second', () => {
    const { draw } = clusterOf({ madrid: { location: madrid }, tokyo: { location: tokyo } })
    for (const [nowMs, location] of [berlin, munich, madrid].entries())
      expect(look(draw, { location }, nowMs, 20)).toEqual({ madrid: 20 })
  })
})

describe('a crowd near one server', () => {
  // 20 a second are 72,000 until the next reports; after ten seconds 19.4 are expected
  const hour = { interval: 3600 }
  const sites = (slots: number, factor = 1) => ({
    berlin: { slots, location: berlin, over: hour, factor },
    tokyo: { slots: 10_000_000, location: tokyo, over: hour, factor },
  })
  const from = { location: berlin }

  test.each([
    ['has room at it up to nine tenths', 82_000, 1, false],
    ['has to go elsewhere beyond', 72_000, 1, true],
    ['has four times as many where servers see four joins for each redirect', 325_000, 4, false],
    ['and has to go elsewhere sooner there', 295_000, 4, true],
  ])('%s', (_, slots, factor, isSpread) => {
    const { draw } = clusterOf(sites(slots, factor))
    crowd(draw, from, 0, 200, 20)
    expect(look(draw, from, 10_000, 2000).tokyo !== undefined).toBe(isSpread)
  })

  test('is spread over the time in which it came', () => {
    const { draw } = clusterOf(sites(82_000))
    for (let nowMs = 0; nowMs < 40_000; nowMs += 10_000) crowd(draw, from, nowMs, 200, 1e9)
    expect(look(draw, from, 40_000)).toEqual({ berlin: 200 })
  })

  test('is not one of HEADs and probes', () => {
    const { draw } = clusterOf(sites(10_000))
    crowd(draw, from, 0, 200, 20, true)
    expect(look(draw, from, 10_000)).toEqual({ berlin: 200 })
  })

  test('is expected to be what it was, a second later three tenths less, and nobody is after some minutes', () => {
    const { draw } = clusterOf(sites(36_000))
    crowd(draw, from, 0, 200, 20)
    const farAt = (nowMs: number) => (look(draw, from, nowMs, 500).tokyo ?? 0) / 500
    // 9/10 of 36,000 of 69,900, of 48,900, of 34,300, of 24,000
    expect([10_000, 11_000, 12_000, 13_000, 14_000].map(farAt)).toEqual([
      expect.closeTo(1 - 32_400 / 69_900, 1),
      expect.closeTo(1 - 32_400 / 48_900, 1),
      expect.closeTo(1 - 32_400 / 34_300, 1),
      0,
      0,
    ])
    crowd(draw, from, 14_000, 200, 20)
    expect(farAt(24_000)).toBeGreaterThan(0.4)
    expect([300_000, 301_000, 302_000, 303_000, 304_000].map(farAt).at(-1)).toBe(0)
  })

  test('sheds what is too much while prices have not settled, and these go by free slots alone', () => {
    const { draw } = clusterOf({
      berlin: { slots: 100, location: berlin },
      tokyo: { slots: 10_000, location: tokyo },
    })
    crowd(draw, from, 0, 100, 100)
    // 30 a second are expected, 12 s long: 360 for a server with 100 slots, and no price could be high enough yet
    const { berlin: near = 0 } = look(draw, from, 1000, 2000)
    expect(near / 2000).toBeGreaterThan(0.2)
    expect(near / 2000).toBeLessThan(0.3)
  })

  test('does not keep listeners of unknown location from its server: they are drawn by free slots alone', () => {
    const { draw } = clusterOf({
      berlin: { slots: 300, location: berlin },
      tokyo: { slots: 300, location: tokyo },
    })
    crowd(draw, from, 0, 1000, 100)
    expect(look(draw, {}, 10_000).berlin).toBeGreaterThan(70)
    expect(look(draw, { country: 'DE' }, 10_000).berlin).toBeGreaterThan(70)
  })

  test('claims all room of its servers, unless listeners of other mounts come too', () => {
    for (const others of [0, 20]) {
      const total = new TotalDemand()
      const { draw } = clusterOf(sites(100_000), total)
      const other = drawFrom(clusterOf({ berlin: { location: berlin } }, total).regions)
      for (let i = 0; i < 200; i++) {
        draw(from, i * 50)
        for (let probes = 0; probes < 3; probes++) other(from, i * 50, { probe: true })
        for (let joins = 0; joins < others / 20; joins++) other(from, i * 50)
      }
      const { tokyo: far = 0 } = look(draw, from, 10_000, 500)
      expect(far > 0).toBe(others > 0)
    }
  })

  test('goes on to be expected where mounts part from others, as far as it is theirs, and where they meet again', () => {
    const { pool, regions, draw } = clusterOf(sites(18_000))
    crowd(draw, from, 0, 200, 20)
    const farOf = (one: Regions, nowMs: number) => (look(drawFrom(one), from, nowMs, 1000).tokyo ?? 0) / 1000
    const partOf = (share: number) => Regions.partOf(regions, Pool.copyOf(pool), new TotalDemand(), share)
    const [part, other] = [partOf(0.75), partOf(0)]
    expect(farOf(part, 9999), 'prices stand').toBeGreaterThan(0.6)
    // berlin may get 16,200: of three quarters of 69,900, then of 48,900
    expect([farOf(part, 10_000), farOf(part, 11_000)]).toEqual([
      expect.closeTo(1 - 16_200 / 52_400, 1),
      expect.closeTo(1 - 16_200 / 36_700, 1),
    ])
    for (const nowMs of [10_000, 11_000]) farOf(other, nowMs)
    expect(farOf(other, 11_999)).toBe(0)
    other.absorb(part)
    // of three quarters of 34,300
    expect(farOf(other, 12_000)).toBeCloseTo(1 - 16_200 / 25_700, 1)
    for (const nowMs of [12_000, 13_000, 14_000]) farOf(part, nowMs)
    expect(farOf(part, 14_000)).toBe(0)
  })
})

describe('a share of the demand', () => {
  test('moves from one region to another, and is not counted twice', () => {
    const of = (rate: number, joins: number) =>
      Object.assign(createRegion(new Pool(), berlin, undefined, 0), { rate, joins })
    const [one, other] = [of(8, 40), of(1, 2)]
    moveDemand(one, other, 0.25)
    expect([one, other].map(({ rate, joins }) => [rate, joins])).toEqual([
      [6, 30],
      [3, 12],
    ])
  })

  test('of a region stays out of those of another country of the same number', () => {
    const rules = (code: string) => ({ over: { countries: { allow: false, codes: [code] }, interval: 3600 } })
    const at = (code: string, slots: number) =>
      clusterOf({
        berlin: { slots, location: berlin, over: { interval: 3600 } },
        tokyo: { slots: 10_000_000, location: tokyo, over: { interval: 3600 } },
        ruled: { slots: 0, ...rules(code) },
      })
    const german = { location: berlin, country: 'DE' }
    const [from, to] = [at('DE', 36_000), at('US', 36_000)]
    crowd(from.draw, german, 0, 200, 20)
    to.draw({ location: berlin, country: 'US' }, 0)
    to.regions.absorb(from.regions)
    look(to.draw, { location: berlin, country: 'US' }, 1000, 1)
    expect(look(to.draw, { location: berlin, country: 'US' }, 2000)).toEqual({ berlin: 200 })
    // all countries that no rule names are one
    const [french, italian] = [at('DE', 36_000), at('DE', 36_000)]
    crowd(french.draw, { location: berlin, country: 'FR' }, 0, 200, 20)
    italian.draw({ location: berlin, country: 'IT' }, 0)
    italian.regions.absorb(french.regions)
    look(italian.draw, { location: berlin, country: 'IT' }, 1000, 1)
    expect(look(italian.draw, { location: berlin, country: 'IT' }, 1001).tokyo).toBeGreaterThan(20)
  })
})

describe('a country rule', () => {
  const only = (...codes: string[]) => ({ over: { countries: { allow: true, codes } } })
  const not = (...codes: string[]) => ({ over: { countries: { allow: false, codes } } })

  test('of the only server lets its listeners in, with or without a location, and no other', () => {
    for (const [location, debit] of [
      [undefined, 0],
      [berlin, 0],
      [berlin, 1000],
    ] as const) {
      const { draw } = clusterOf({ german: { location, debit, ...only('DE') } })
      for (const from of [{ country: 'DE' }, { country: 'DE', location: tokyo }])
        expect(draw(from, 0)).toBe('german')
      for (const from of [{ country: 'US' }, { location: berlin }, {}]) expect(draw(from, 0)).toBeUndefined()
    }
  })

  test('holds where no near server has room: by slots that are left, and by all free ones once none is left', () => {
    const taken = (slots: number) => ({ slots, debit: slots })
    const from = { location: berlin, country: 'DE' }
    const far = { location: tokyo }
    const { draw } = clusterOf({
      far: { slots: 50, ...far },
      berlin: { ...taken(50), location: berlin },
      german: { slots: 1000, ...far, ...not('DE') },
    })
    expect(look(draw, from, 0, 50)).toEqual({ far: 50 })
    expect(draw(from, 0, { except: 'far' })).toBe('berlin')
    const allTaken = clusterOf({
      far: { ...taken(50), ...far },
      berlin: { ...taken(50), location: berlin },
      german: { ...taken(1000), ...far, ...not('DE') },
    })
    expect(Object.keys(look(allTaken.draw, from, 0, 50)).toSorted()).toEqual(['berlin', 'far'])
    put(allTaken.pool, 'far', { slots: 50, ...far })
    expect(look(allTaken.draw, from, 0, 50), 'a report has brought room').toEqual({ far: 50 })
  })

  test('that names another country from now on holds at once, for this one and no longer for that', () => {
    const { pool, draw } = clusterOf({ a: { slots: 1 }, ruled: not('US') })
    const gets = (country: string) => look(draw, { country }, 0, 50).ruled !== undefined
    expect([gets('US'), gets('DE')]).toEqual([false, true])
    put(pool, 'ruled', not('DE'))
    expect([gets('US'), gets('DE')]).toEqual([true, false])
    put(pool, 'ruled', not('DE', 'FR'))
    expect([gets('US'), gets('DE'), gets('FR')]).toEqual([true, false, false])
    put(pool, 'ruled', not('DE', 'IT'))
    expect([gets('DE'), gets('FR'), gets('IT')]).toEqual([false, true, false])
  })
})

describe('the regions of a mount', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const countries = letters.flatMap((a) => letters.map((b) => a + b)).slice(0, 140)

  test('are 2048 with a location and 128 without at the most; each is forgotten after five minutes without a listener', () => {
    const { regions, draw } = clusterOf({
      all: { location: berlin },
      ruled: { over: { countries: { allow: false, codes: countries } } },
    })
    for (const fromMs of [0, 10_000_000]) {
      const unlocated = () => {
        for (const [i, country] of countries.entries()) draw({ country }, fromMs + i)
      }
      unlocated()
      expect(regions.size).toBe(128)
      for (let i = 0; i < 2060; i++) draw({ location: cell(i) }, fromMs + 1000)
      expect(regions.size).toBe(2048 + 128)
      unlocated()
      expect(regions.size).toBe(2048 + 128)
    }
    const last = { location: cell(5) }
    draw(last, 10_000_000 + 300_139)
    expect(regions.size, 'the last of those without is five minutes old').toBe(2048 + 1)
    draw(last, 10_000_000 + 301_140)
    expect(regions.size).toBe(1)
  })

  test('with a location are fewer where there are very many servers, and always those of a continent', () => {
    expect([1, 3125, 10_000, 50_000, 1_000_000].map(regionsMaxOf)).toEqual([2048, 2048, 640, 128, 128])
  })

  test('have a number for each cell and kind of country', () => {
    const keys = new Set<number>()
    for (let at = -1; at < 10_500; at += 64)
      for (let kind = 0; kind < 20; kind++) keys.add(regionKeyOf(at, kind))
    expect(keys.size).toBe(165 * 20)
  })

  test('stay as a server comes whose rule names no other country', () => {
    const { pool, regions, draw } = clusterOf({
      a: { location: berlin },
      b: { over: { countries: { allow: false, codes: ['US'] } } },
    })
    for (const location of [berlin, tokyo]) draw({ location }, 0)
    put(pool, 'c', { over: { countries: { allow: true, codes: ['US'] } } })
    draw({ location: madrid }, 0)
    expect(regions.size).toBe(3)
  })

  test('that had a listener within a second are not forgotten, if one of the nine oldest had none', () => {
    const { farFrom } = Sites.prototype
    let measured = 0
    Sites.prototype.farFrom = function (...args) {
      measured++
      return farFrom.apply(this, args)
    }
    /** Which of the oldest regions has been forgotten, as another one comes so many ms after all had a listener. */
    const forgottenAfter = (ms: number) => {
      const { draw } = clusterOf({ berlin: { location: berlin } })
      for (let at = 0; at < 2048; at++) draw({ location: cell(at) }, 1_000_000)
      draw({ location: cell(4000) }, 1_000_000 + ms)
      return [0, 8].find((i) => {
        measured = 0
        draw({ location: cell(i) }, 1_000_000 + ms)
        return measured > 0
      })
    }
    try {
      expect([forgottenAfter(999), forgottenAfter(1000)]).toEqual([8, 0])
    } finally {
      Sites.prototype.farFrom = farFrom
    }
  })
})
