import { describe, expect, test } from 'vitest'
import { decide } from '../../../../shared/draw/decide.ts'
import { TotalDemand } from '../../../../shared/draw/pool/demand.ts'
import { type Candidate, Pool } from '../../../../shared/draw/pool/pool.ts'
import { pull } from '../../../../shared/draw/pool/proximity.ts'
import { Regions } from '../../../../shared/draw/pool/regions.ts'
import { serves } from '../../../../shared/draw/server.ts'
import { View } from '../../../../shared/draw/view.ts'
import type { GeoLocation, Whereabouts } from '../../../../shared/geo.ts'
import type { Report } from '../../../../shared/report/report.ts'
import { chiSquareP } from '../../../kit/base/chi-square.ts'
import { repetitions } from '../../../kit/base/repetitions.ts'
import { mountOf, reportOf, seededRoll, serverOf } from '../../../kit/parts/reports.ts'

/** Centers of regions, so that a listener is exactly where its region is assumed to be. */
const berlin: GeoLocation = { latitude: 52.5, longitude: 12.5 }
const madrid: GeoLocation = { latitude: 42.5, longitude: -2.5 }
const tokyo: GeoLocation = { latitude: 37.5, longitude: 137.5 }

const live = mountOf('/live.mp3')
const clusterOf = (
  servers: Record<string, { slots: number; location?: GeoLocation; over?: Partial<Report> }>,
) => {
  const view = new View(100)
  for (const [id, { slots, location, over }] of Object.entries(servers))
    view.put(serverOf(id, { maxListeners: slots, ...over }, { location }))
  return view
}
const join = (view: View, from: Whereabouts, nowMs: number, roll: () => number) => {
  const decision = decide(view, { mount: live, secure: false, relay: false, from }, nowMs, roll, {
    httpsOnly: false,
  })
  return typeof decision === 'string' ? decision : decision.server
}
const times = repetitions(100_000)
/** How often each server is drawn by probes. */
function draws(view: View, from: Whereabouts, n: number, seed = 1) {
  const roll = seededRoll(seed)
  const counts = new Map<string, number>()
  for (let i = 0; i < n; i++) {
    const server = join(view, from, 0, roll)
    const id = typeof server === 'string' ? server : server.report.id
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

describe('with known locations', () => {
  const servers = {
    berlin: { slots: 900, location: berlin },
    madrid: { slots: 900, location: madrid },
    tokyo: { slots: 1800, location: tokyo },
  }

  test('a listener is sent to the nearest server, as long as that has room', () => {
    const counts = draws(clusterOf(servers), { location: berlin }, times)
    expect(counts.get('berlin')).toBe(times)
  })

  test('servers of one city share its listeners by their free slots alone', () => {
    const counts = draws(
      clusterOf({
        a: { slots: 900, location: berlin },
        b: { slots: 300, location: berlin },
        tokyo: { slots: 5_000, location: tokyo },
      }),
      { location: berlin },
      times,
    )
    expect(chiSquareP([counts.get('a') ?? 0, counts.get('b') ?? 0], [900, 300])).toBeGreaterThan(0.001)
  })

  test('a server twice as far gets a share of the listeners in proportion to its pull', () => {
    const [near, far] = [
      { latitude: 52.5, longitude: 11 },
      { latitude: 52.5, longitude: 16 },
    ]
    const from = { latitude: 51.25, longitude: 13.75 } // the center of a region
    const counts = draws(
      clusterOf({ near: { slots: 900, location: near }, far: { slots: 900, location: far } }),
      { location: from },
      2 * times,
    )
    const weights = [pull(from, near), pull(from, far)]
    expect(chiSquareP([counts.get('near') ?? 0, counts.get('far') ?? 0], weights)).toBeGreaterThan(0.001)
  })

  test('far servers serve once all near slots have been taken since the last report', () => {
    const view = clusterOf({ berlin: { slots: 3, location: berlin }, tokyo: { slots: 3, location: tokyo } })
    const roll = seededRoll(4)
    const went = Array.from({ length: 6 }, () => {
      const server = join(view, { location: berlin }, 0, roll)
      if (typeof server === 'string') return server
      server.debit++
      return server.report.id
    })
    expect(went.sort()).toEqual(['berlin', 'berlin', 'berlin', 'tokyo', 'tokyo', 'tokyo'])
  })

  test('a server with an interval of an hour does not make the others count as far', () => {
    const view = clusterOf({
      berlin: { slots: 900, location: berlin },
      madrid: { slots: 900, location: madrid },
      seldom: { slots: 900, location: tokyo, over: { interval: 3600 } },
    })
    const roll = seededRoll(5)
    let near = 0
    for (let i = 0; i < 2_000; i++) {
      const server = join(view, { location: berlin }, i * 100, roll)
      if (typeof server !== 'string' && server.report.id === 'berlin') near++
      for (const id of ['berlin', 'madrid', 'seldom']) {
        const held = view.servers.get(id)
        if (held && i % 100 === 0) view.put({ ...held, receivedAtMs: i * 100 })
      }
    }
    expect(near).toBe(2_000)
  })

  test('listeners of more regions than are kept still go to the nearest server', () => {
    const view = clusterOf(servers)
    const roll = seededRoll(6)
    let asked = 0
    for (let latitude = -88.75; latitude < 90; latitude += 5)
      for (let longitude = -176.25; longitude < 180; longitude += 5) {
        asked++
        const server = join(view, { location: { latitude, longitude } }, 0, roll)
        if (typeof server === 'string') throw new Error(server)
        if (latitude === 51.25 && longitude === 13.75) expect(server.report.id).toBe('berlin')
        if (latitude === 36.25 && longitude === 138.75) expect(server.report.id).toBe('tokyo')
      }
    expect(asked).toBeGreaterThan(2048 + 500)
  })

  test('a report that brings the first room takes effect at once', () => {
    const view = clusterOf({ berlin: { slots: 0, location: berlin } })
    const roll = seededRoll(1)
    expect(join(view, { location: berlin }, 0, roll)).toBe('no room')
    view.put(serverOf('berlin', { maxListeners: 10 }, { location: berlin }))
    expect(join(view, { location: berlin }, 1, roll)).toMatchObject({ report: { id: 'berlin' } })
    const server = serverOf('berlin', { maxListeners: 10 }, { location: berlin, drained: true })
    view.put(server)
    expect(join(view, { location: berlin }, 2, roll)).toBe('no room')
    view.put({ ...server, drained: false })
    expect(join(view, { location: berlin }, 3, roll)).toMatchObject({ report: { id: 'berlin' } })
  })

  test('a listener of unknown location is drawn by free slots alone', () => {
    const counts = draws(clusterOf(servers), {}, 3 * times)
    expect(
      chiSquareP(
        ['berlin', 'madrid', 'tokyo'].map((id) => counts.get(id) ?? 0),
        [1, 1, 2],
      ),
    ).toBeGreaterThan(0.001)
  })

  test('a server of unknown location is as near as the nearest', () => {
    const counts = draws(
      clusterOf({ near: { slots: 500, location: berlin }, unknown: { slots: 500 } }),
      { location: berlin },
      times,
    )
    expect(chiSquareP([counts.get('near') ?? 0, counts.get('unknown') ?? 0], [1, 1])).toBeGreaterThan(0.001)
  })

  test('listeners far from all servers are served, by free slots and distance', () => {
    const counts = draws(clusterOf(servers), { location: { latitude: -77.5, longitude: 167.5 } }, 10_000)
    expect(counts.get('no room')).toBeUndefined()
    expect([...counts.values()].reduce((a, b) => a + b)).toBe(10_000)
  })

  test('S3: a crowd at one location, at many deciders, fills no near server before the far ones get their part', () => {
    // 20 deciders; each sees a twentieth of the crowd, and no report arrives before it is over
    const slots = { berlin: 1_000, madrid: 3_000, tokyo: 8_000 } as const
    const deciders = Array.from({ length: 20 }, () =>
      clusterOf({
        berlin: { slots: slots.berlin, location: berlin },
        madrid: { slots: slots.madrid, location: madrid },
        tokyo: { slots: slots.tokyo, location: tokyo },
      }),
    )
    for (const view of deciders)
      for (const server of view.servers.values()) view.put({ ...server, factor: 20 })
    const roll = seededRoll(3)
    const sent = { berlin: 0, madrid: 0, tokyo: 0 }
    for (let nowMs = 0; nowMs < 20_000; nowMs += 2)
      for (let i = 0; i < 1; i++) {
        const view = deciders[Math.floor(roll() * deciders.length)]
        const server = view && join(view, { location: berlin }, nowMs, roll)
        if (!server || typeof server === 'string') throw new Error(`refused at ${nowMs} ms`)
        server.debit++
        sent[server.report.id as keyof typeof sent]++
      }
    for (const [id, count] of Object.entries(sent))
      expect(count, `${id} of ${JSON.stringify(sent)}`).toBeLessThanOrEqual(slots[id as keyof typeof slots])
  })

  test('a new server counts at once, and so does one that leaves', () => {
    const view = clusterOf({ tokyo: { slots: 900, location: tokyo } })
    expect([...draws(view, { location: berlin }, 100).keys()]).toEqual(['tokyo'])
    view.put(serverOf('berlin', { maxListeners: 900 }, { location: berlin }))
    expect(draws(view, { location: berlin }, 100).get('berlin')).toBeGreaterThan(90)
    view.put(serverOf('berlin', { maxListeners: 900, state: 'leaving' }, { location: berlin }))
    expect([...draws(view, { location: berlin }, 100).keys()]).toEqual(['tokyo'])
  })
})

describe('the regions of a mount', () => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
  const countries = [...letters].flatMap((a) => [...letters].map((b) => a + b))
  const locations = Array.from({ length: 300 }, (_, i) => ({
    latitude: (i % 30) * 5 - 72.5,
    longitude: Math.floor(i / 30) * 5 - 22.5,
  }))
  function regionsOf(codes: readonly string[], location?: GeoLocation) {
    const pool = new Pool()
    const candidate = (id: string, over: Partial<Report>): Candidate => ({
      server: serverOf(id, over, { location }),
      free: 100,
      slots: 100,
      openUntilMs: Number.POSITIVE_INFINITY,
      base: id,
      carries: () => true,
    })
    pool.put(candidate('all', {}))
    for (let i = 0; i < codes.length; i += 200)
      pool.put(candidate(`not${i}`, { countries: { allow: false, codes: codes.slice(i, i + 200) } }))
    return new Regions(pool, new TotalDemand())
  }
  const roll = seededRoll(1)

  test('are bounded, for all locations of listeners and all country rules', () => {
    for (const codes of [[], ['DE'], countries]) {
      const regions = regionsOf(codes, berlin)
      let nowMs = 0
      for (const [i, location] of locations.slice(0, 150).entries())
        for (const country of [...countries.slice(i, i + 20), undefined])
          regions.draw({ from: { location, country } }, nowMs++, roll)
      expect(regions.size).toBeLessThanOrEqual(2048 + 128)
    }
  })

  test('are few if rules name few countries: all other countries share one', () => {
    const regions = regionsOf(['DE', 'US'])
    for (const country of [...countries, undefined]) regions.draw({ from: { country } }, 0, roll)
    expect(regions.size).toBe(3)
  })

  test('keep every rule, even beyond the bound', () => {
    const regions = regionsOf(countries, berlin)
    for (const [i, location] of locations.entries())
      for (const country of countries.slice(i, i + 3))
        expect(regions.draw({ from: { location, country } }, i, roll)?.base).toMatch(
          new RegExp(`^(all|not(?!${Math.floor(countries.indexOf(country) / 200) * 200}$).*)$`),
        )
  })
})

describe('a server with a country rule', () => {
  const rule = (allow: boolean, ...codes: string[]) => reportOf('a', { countries: { allow, codes } })

  test.each([
    [rule(true, 'DE', 'AT'), 'DE', true],
    [rule(true, 'DE', 'AT'), 'US', false],
    [rule(true, 'DE', 'AT'), undefined, false],
    [rule(false, 'US'), 'US', false],
    [rule(false, 'US'), 'DE', true],
    [rule(false, 'US'), undefined, true],
    [reportOf('a'), undefined, true],
  ])('%#: serves whom it names', (report, country, served) => {
    expect(serves(report, country)).toBe(served)
  })

  test('never gets a listener of another country, even as the last with room', () => {
    const view = clusterOf({
      german: { slots: 1_000_000, over: { countries: { allow: true, codes: ['DE'] } } },
      notUs: { slots: 1_000, over: { countries: { allow: false, codes: ['US'] } } },
      all: { slots: 10 },
    })
    expect([...draws(view, { country: 'US' }, 2_000).keys()]).toEqual(['all'])
    expect([...draws(view, {}, 2_000).keys()].sort()).toEqual(['all', 'notUs'])
    expect([...draws(view, { country: 'FR' }, 2_000).keys()].sort()).toEqual(['all', 'notUs'])
    expect(draws(view, { country: 'DE' }, 2_000).get('german')).toBeGreaterThan(1_900)
    view.remove('all')
    expect([...draws(view, { country: 'US' }, 50).keys()]).toEqual(['no room'])
  })

  test('that excludes a country from now on gets none of its listeners any more, even before the prices are computed again', () => {
    const pool = new Pool()
    const put = (id: string, free: number, over: Partial<Report> = {}) =>
      pool.put({
        server: serverOf(id, over, { location: berlin }),
        free,
        slots: free,
        openUntilMs: Number.POSITIVE_INFINITY,
        base: id,
        carries: () => true,
      })
    const notUs = { countries: { allow: false, codes: ['US'] } }
    put('big', 1_000_000)
    put('ruled', 1, notUs)
    for (let i = 0; i < 58; i++) put(`s${i}`, 1)
    const regions = new Regions(pool, new TotalDemand())
    const roll = seededRoll(1)
    // with 20 regions of 60 servers the prices are computed a millisecond later
    const draw = (i: number) =>
      regions.draw({ from: { location: { latitude: 5 * i, longitude: 0 }, country: 'US' } }, 0, roll)?.base
    const went = () => new Set(Array.from({ length: 200 }, (_, i) => draw(i % 20)))
    expect(went()).toContain('big')
    put('big', 1_000_000, notUs)
    expect(went()).not.toContain('big')
    pool.remove('s7')
    put('new', 1_000_000, notUs)
    expect(went(), 'a server that took the place of another').not.toContain('new')
  })

  test('leaves the shares of the others as they are, with and without locations', () => {
    const view = clusterOf({
      us: { slots: 5_000, location: berlin, over: { countries: { allow: true, codes: ['US'] } } },
      a: { slots: 900, location: berlin },
      b: { slots: 300, location: berlin },
    })
    for (const from of [{ country: 'DE' }, { country: 'DE', location: berlin }]) {
      const counts = draws(view, from, times)
      expect(counts.get('us')).toBeUndefined()
      expect(chiSquareP([counts.get('a') ?? 0, counts.get('b') ?? 0], [900, 300])).toBeGreaterThan(0.001)
    }
  })
})
