import { describe, expect, test, vi } from 'vitest'
import { Registry } from '../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../shared/cluster/server-table.ts'
import { decide } from '../../../shared/draw/decide.ts'
import { TotalDemand } from '../../../shared/draw/pool/demand.ts'
import { Drum } from '../../../shared/draw/pool/drum.ts'
import { type Candidate, Pool } from '../../../shared/draw/pool/pool.ts'
import { capSteps } from '../../../shared/draw/pool/proximity.ts'
import { Regions } from '../../../shared/draw/pool/regions.ts'
import { Sites } from '../../../shared/draw/pool/sites.ts'
import { View } from '../../../shared/draw/view.ts'
import type { GeoLocation } from '../../../shared/geo.ts'
import { limits } from '../../../shared/limits.ts'
import type { MountReport } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { mountOf, mountReport, reportOf, seededRoll, serverOf } from '../../kit/parts/reports.ts'

// The work for one listener, counted: unlike the time in a bench it does not depend on the machine.

/** The number of weights read per draw, in a drum whose weights are debited by every draw. */
function looksPerDraw(holders: number, draws: number): number {
  const weights = new Float64Array(holders).fill(1000)
  let looks = 0
  const drum = new Drum((index) => {
    looks++
    return weights[index] ?? 0
  })
  drum.fill(weights)
  const roll = seededRoll(1)
  for (let i = 0; i < draws; i++) {
    const index = drum.draw(0, roll)
    weights[index] = (weights[index] ?? 0) - 1
  }
  return looks / draws
}

test('docs/protocol.md#performance: a draw looks at one server, whether there are ten or 10,000', () => {
  for (const holders of [10, 100, 1000, 10_000]) expect(looksPerDraw(holders, 5000)).toBeLessThan(1.01)
})

describe('docs/protocol.md#performance: with known locations', () => {
  const servers = 1000
  const seconds = 4
  const joinsPerSecond = 2000
  const locations = [
    { latitude: 52.5, longitude: 13.4 },
    { latitude: 35.7, longitude: 139.7 },
  ]
  let looks = 0
  const pool = new Pool()
  for (let i = 0; i < servers; i++) {
    const server = serverOf(`s${i}`, { maxListeners: 10_000 }, { location: locations[i % 2] })
    const carries = () => {
      looks++
      return true
    }
    pool.put({
      server,
      free: 10_000,
      slots: 10_000,
      openUntilMs: Number.POSITIVE_INFINITY,
      base: '',
      carries,
    })
  }

  test('all servers are read once a second for all regions together, not once for each listener', () => {
    const regions = new Regions(pool, new TotalDemand())
    const roll = seededRoll(2)
    for (let i = 0; i < seconds * joinsPerSecond; i++) {
      const drawn = regions.draw({ from: { location: locations[i % 2] } }, (i * 1000) / joinsPerSecond, roll)
      if (drawn) drawn.server.debit++
    }
    const rounds = seconds * servers
    const draws = seconds * joinsPerSecond
    expect(looks).toBeGreaterThanOrEqual(draws)
    expect(looks - rounds).toBeLessThan(draws * 1.1)
  })
})

describe('docs/protocol.md#performance: with very many servers all over the world', () => {
  const cells = Array.from({ length: 36 * 20 }, (_, i) => ({
    latitude: 51.25 - 5 * Math.floor(i / 36),
    longitude: (i % 36) * 10 - 178.75,
  }))
  const serverAt = (id: string, location: GeoLocation | undefined): Candidate => ({
    server: serverOf(id, { maxListeners: 10_000 }, { location }),
    free: 10_000,
    slots: 10_000,
    openUntilMs: Number.POSITIVE_INFINITY,
    base: '',
    carries: () => true,
  })
  function regionsOf(servers: number) {
    const pool = new Pool()
    for (let i = 0; i < servers; i++) pool.put(serverAt(`s${i}`, cells[(i * 7) % cells.length]))
    return { pool, regions: new Regions(pool, new TotalDemand()) }
  }

  test('distances of a region are computed once, though listeners come from as many as the cities of the world are in', () => {
    const { regions } = regionsOf(400)
    const { farFrom } = Sites.prototype
    let measured = 0
    // no spy: it would keep all calls
    Sites.prototype.farFrom = function (...args) {
      measured++
      return farFrom.apply(this, args)
    }
    const roll = seededRoll(1)
    const measuredFrom = (fromMs: number) => {
      measured = 0
      for (const [i, location] of cells.entries()) regions.draw({ from: { location } }, fromMs + i, roll)
      return measured
    }
    const times = [0, 1000, 2000].map(measuredFrom)
    Sites.prototype.farFrom = farFrom
    expect(times).toEqual([400 * cells.length, 0, 0])
  })

  test('prices are computed a part at a draw, so that no listener waits for all of them', () => {
    const { regions } = regionsOf(2000)
    const steps = vi.spyOn(capSteps.prototype, 'next')
    const roll = seededRoll(1)
    let nowMs = 0
    const draw = () => {
      steps.mockClear()
      regions.draw({ from: { location: cells[nowMs % 300] } }, nowMs++, roll)
      return steps.mock.calls.length
    }
    while (nowMs < 2000) draw()
    const atOneMoment = Array.from({ length: 20 }, () => {
      steps.mockClear()
      regions.draw({ from: { location: cells[0] } }, nowMs, roll)
      return steps.mock.calls.length
    })
    const regionsVisited = Array.from({ length: 200 }, draw)
    steps.mockRestore()
    // 600,000 pairs of region and server, of which each step visits one region's
    expect([...atOneMoment, ...regionsVisited].reduce((sum, each) => sum + each)).toBeGreaterThan(300)
    expect(Math.max(...regionsVisited)).toBeLessThanOrEqual(51)
    expect(atOneMoment.slice(1), 'but for the first').toEqual(Array(19).fill(0))
  })

  test('a new server is drawn while prices are computed, though it has none yet', () => {
    const { pool, regions } = regionsOf(2000)
    const roll = seededRoll(1)
    let nowMs = 0
    const draw = () => regions.draw({ from: { location: cells[nowMs % 600] } }, nowMs++, roll)
    while (nowMs < 3000) draw()
    const lonely = { latitude: -70, longitude: 20 }
    regions.draw({ from: { location: lonely } }, nowMs, roll)
    pool.put(serverAt('new', lonely))
    const ids = new Set<string | undefined>()
    for (let i = 0; i < 300; i++) {
      draw()
      ids.add(regions.draw({ from: { location: lonely } }, nowMs, roll)?.server.report.id)
    }
    expect(ids).toContain('new')
  })
})

test('docs/protocol.md#storage: a decision reads nothing from the store and writes nothing to it', () => {
  let queries = 0
  const sql = memorySql()
  const counted: ConstructorParameters<typeof ServerTable>[0] = {
    all(query, ...params) {
      queries++
      return sql.all(query, ...params)
    },
    tx: (fn) => sql.tx(fn),
  }
  const registry = new Registry(new ServerTable(counted), 100, 0)
  const report = reportOf('s1')
  registry.put(report, printSourcelist(report), 0)
  expect(queries).toBeGreaterThan(0)
  queries = 0
  const asked = { mount: mountOf('/live.mp3'), secure: false, relay: false }
  for (let i = 0; i < 100; i++) {
    const decision = decide(registry.view, asked, i, Math.random, { httpsOnly: false })
    if (typeof decision === 'string') throw new Error(decision)
    decision.server.debit++
    registry.count({ answer: 'redirect', mount: asked.mount, n: 1 }, i)
  }
  expect(queries).toBe(0)
})

test('docs/protocol.md#storage: a start looks at each mount of each server a few times, however many servers there are', () => {
  const looksOf = (servers: number) => {
    let looks = 0
    const counted = (mount: MountReport) =>
      new Proxy(mount, {
        get(target, name) {
          looks++
          return Reflect.get(target, name)
        },
      })
    const view = new View(100)
    const mounts = ['/a', '/b', '/c'].map((path) => mountReport(path))
    const all = Array.from({ length: servers }, (_, i) => serverOf(`s${i}`, { mounts: mounts.map(counted) }))
    view.load(all, 0)
    expect(view.groups).toBe(1)
    expect(view.onAir(mountOf('/b'), 0)?.contentType).toBe('audio/mpeg')
    return looks
  }
  expect(looksOf(200)).toBeLessThan(200 * 3 * 12)
  expect(looksOf(400)).toBeLessThan(looksOf(200) * 2.1)
})

test('docs/protocol.md#storage: a start reads a hundred servers of its store at a time', () => {
  const sql = memorySql()
  const table = new ServerTable(sql)
  const before = new Registry(table, 100, 0)
  for (let i = 0; i < 250; i++) {
    const report = reportOf(`s${i}`)
    before.put(report, printSourcelist(report), 0)
  }
  const most: number[] = []
  const counted: ConstructorParameters<typeof ServerTable>[0] = {
    all: <T>(query: string, ...params: (string | number | null)[]) => {
      const rows = sql.all<T>(query, ...params)
      if (query.startsWith('SELECT * FROM server')) most.push(rows.length)
      return rows
    },
    tx: (fn) => sql.tx(fn),
  }
  expect(new Registry(new ServerTable(counted), 100, 0).view.servers.size).toBe(250)
  expect(most).toEqual([100, 100, 50])
})

test('the work for each of many servers that register at once does not grow with the number of the others', () => {
  const looks = (servers: number) => {
    let count = 0
    const registry = new Registry(undefined, 100, 0)
    const pressure = () => registry.pace.pressureOf(registry.view, 0)
    const { of } = registry.pace
    registry.pace.of = (id) => {
      count++
      return of.call(registry.pace, id)
    }
    for (let i = 0; i < servers; i++) {
      registry.put(reportOf(`s${i}`), printSourcelist(reportOf(`s${i}`)), 0)
      pressure()
    }
    return count
  }
  expect(looks(400) - looks(200)).toBeLessThan(200)
})

test('ten thousand servers that have been stale for a day are forgotten some at a time', () => {
  const registry = new Registry(undefined, 100, 0)
  for (let i = 0; i < 120; i++) registry.put(reportOf(`s${i}`), printSourcelist(reportOf(`s${i}`)), 0)
  const tomorrowMs = limits.serverMemoryMs + 1
  expect([1, 2, 3, 4].map(() => registry.prune(tomorrowMs).length)).toEqual([50, 50, 20, 0])
})
