import { geoEqualEarth } from 'd3-geo'
import { describe, expect, test } from 'vitest'
import { largest } from '../../../edge/browser/parts.ts'
import { pointsOf, withPresent } from '../../../edge/browser/points.ts'
import { sitesOf } from '../../../edge/browser/sites.ts'
import { pickServers, rowsInView } from '../../../edge/browser/sorting.ts'
import { Trends } from '../../../edge/browser/trends.ts'
import { drainEffects, printRate, printSpan, undrainEffects } from '../../../edge/browser/words.ts'
import { pointOn, type World } from '../../../edge/browser/world.ts'
import { world } from '../../../edge/pages/world.made.ts'
import type { ClusterJson, ClusterServerJson } from '../../../shared/api/cluster-json.ts'
import type { HistoryRowJson } from '../../../shared/api/history-json.ts'
import { basic } from '../../kit/audio/source.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

/** The answer of an edge that has these reports. */
async function clusterOf(...reports: Parameters<typeof edgeOf>): Promise<ClusterJson> {
  const { ask } = edgeOf(...reports)
  const answer = await ask('/api/cluster', { Authorization: basic('admin', 'admin-secret') })
  return (await answer.json()) as ClusterJson
}

const found = ({ servers }: ClusterJson, id: string): ClusterServerJson => {
  const server = servers.find((each) => each.id === id)
  if (!server) throw new Error(`no server ${id}`)
  return server
}

describe('the question before a drain', () => {
  test('says where new listeners go, and that those who listen stay', async () => {
    const cluster = await clusterOf(
      reportOf('a', { listeners: 1234, maxListeners: 2000 }),
      reportOf('b'),
      reportOf('c'),
    )
    expect(drainEffects(found(cluster, 'a'), cluster)).toEqual([
      expect.stringContaining('no new listeners'),
      'Its 1,234 listeners stay until they leave by themselves.',
      'New listeners go to 2 other servers with 200 free slots.',
    ])
  })

  test('warns of a mount that no other open server carries, and of the last open server', async () => {
    const two = [mountReport('/live.mp3'), mountReport('/only.mp3')]
    const cluster = await clusterOf(reportOf('a', { mounts: two }), reportOf('b'))
    expect(drainEffects(found(cluster, 'a'), cluster).at(-1)).toMatch(
      /^No other open server carries \/only\.mp3:/,
    )
    const alone = await clusterOf(reportOf('a'), reportOf('b', { state: 'draining' }))
    expect(drainEffects(found(alone, 'a'), alone).at(-1)).toMatch(/^No other server takes listeners/)
  })

  test('the one before an undrain says what the server still reports', async () => {
    const cluster = await clusterOf(reportOf('a'), reportOf('b', { state: 'draining' }))
    expect(undrainEffects(found(cluster, 'a'))[0]).toMatch(/drawn again at once/)
    expect(undrainEffects(found(cluster, 'b'))[0]).toMatch(/still reports that it is draining/)
  })
})

describe('the list of servers', () => {
  test('has those that are out first, numbers in their order, and is filtered by any text of a row', async () => {
    const cluster = await clusterOf(
      ...['relay10', 'relay9', 'edge'].map((id) => reportOf(id)),
      reportOf('gone', { state: 'leaving' }),
    )
    const ids = (text: string) => pickServers(cluster.servers, text, 'problems first').map(({ id }) => id)
    expect(ids('')).toEqual(['gone', 'edge', 'relay9', 'relay10'])
    expect(ids(' RELAY')).toEqual(['relay9', 'relay10'])
    expect(ids('leaving')).toEqual(['gone'])
  })

  test('takes as many rows as a viewport shows, wherever it is scrolled and however many there are', () => {
    const rows = (top: number, count: number) => rowsInView({ top, height: 600, rowHeight: 60 }, count)
    expect(rows(0, 6)).toEqual({ first: 0, last: 6 })
    expect(rows(6000, 2000)).toEqual({ first: 96, last: 114 })
    for (const top of [0, 1, 59, 60_000, 1e9]) {
      const { first, last } = rows(top, 2000)
      expect(last - first).toBeLessThanOrEqual(19)
      expect(last).toBeLessThanOrEqual(2000)
    }
    expect(rows(6000, 0)).toEqual({ first: 0, last: 0 })
  })

  test('draws a level line for a server that has just been seen, and says how its load moves', async () => {
    const cluster = await clusterOf(reportOf('a'))
    const trends = new Trends()
    const server = found(cluster, 'a')
    trends.look([server], 6000)
    expect(trends.line('a')).toBe('0,18.0 60,18.0')
    expect(trends.words('a')).toBe('steady')
    for (let i = 1; i <= 100; i++) trends.look([{ ...server, utilisation: i / 100 }], 6000 + 60 * i)
    expect(trends.words('a')).toBe('rising')
    expect(trends.line('a').split(' ')).toHaveLength(61)
  })

  test('draws the trend of the last hour from the history, also of what was before the page was opened', async () => {
    const cluster = await clusterOf(reportOf('a', { maxListeners: 100 }))
    const trends = new Trends()
    const server = found(cluster, 'a')
    const row = (minute: number, listenersMean: number): HistoryRowJson => ({
      at: new Date(minute * 60_000).toISOString(),
      listenersMean,
      listenersPeak: 0,
      listeningHours: 0,
      joins: 0,
      refused: 0,
      bandwidth: 0,
    })
    trends.look([{ ...server, utilisation: 0.2 }], 6000)
    expect(trends.needs('a')).toBe(true)
    trends.load(server, [row(10, 99), row(70, 100), row(99, 60), row(100, 1)])
    expect(trends.needs('a')).toBe(false)
    expect(trends.line('a')).toBe('0,2.0 30,2.0 59,10.0 60,18.0')
    expect(trends.words('a')).toBe('falling')
    trends.look([], 6060)
    expect(trends.needs('a')).toBe(false)
    trends.look([server], 6120)
    expect(trends.needs('a')).toBe(true)
  })
})

describe('the map', () => {
  const { width, height, ...rest } = JSON.parse(world.text) as World

  test('puts a server where the outlines have its country: by the same projection', () => {
    const projection = geoEqualEarth().scale(rest.scale).translate(rest.translate)
    for (const [latitude, longitude] of [
      [52.5, 13.4],
      [-33.9, 151.2],
      [71, -156.8],
    ] as const) {
      const [x, y] = pointOn({ width, height, ...rest }, { latitude, longitude })
      const [rightX, rightY] = projection([longitude, latitude]) ?? []
      expect(x).toBeCloseTo(Number(rightX), 6)
      expect(y).toBeCloseTo(Number(rightY), 6)
      expect(x > 0 && x < width && y > 0 && y < height).toBe(true)
    }
  })

  test('knows countries by their code, and has no path that a browser cannot draw', () => {
    const codes = rest.countries.map(([code]) => code)
    for (const code of ['DE', 'US', 'JP', 'BR', 'ZA']) expect(codes).toContain(code)
    for (const [code, path] of rest.countries)
      expect(path, code).toMatch(/^(?:M-?\d+,-?\d+l-?\d+(?:[ -]\d+)+z)+$/)
  })

  test('shows servers that are near each other as one site, and never more sites than it has room for', async () => {
    const cluster = await clusterOf(
      ...Array.from({ length: 500 }, (_, i) =>
        reportOf(`s${i}`, { location: { latitude: (i % 100) - 50, longitude: ((i * 7) % 360) - 180 } }),
      ),
    )
    const sites = sitesOf(cluster.servers)
    expect(sites.length).toBeLessThanOrEqual(120)
    expect(sites.flatMap(({ ids }) => ids)).toHaveLength(500)
    expect(sites.reduce((sum, { maxListeners }) => sum + maxListeners, 0)).toBe(50_000)
  })
})

test('parts of a whole: the largest by name, the rest as one, none without a listener', () => {
  expect(largest({ a: 1, b: 5, c: 0, d: 3, e: 1 }, 2)).toEqual([
    { key: 'b', name: 'b', value: 5, share: 0.5 },
    { key: 'd', name: 'd', value: 3, share: 0.3 },
    { key: '', name: '2 more', value: 2, share: 0.2 },
  ])
})

test('a chart has a gap where nothing is known, and ends at the present', () => {
  const row = (minute: number) => ({
    ...{ at: new Date(minute * 60_000).toISOString(), listenersMean: minute, listenersPeak: minute + 1 },
    ...{ listeningHours: 0, joins: 0, refused: 0, bandwidth: 0 },
  })
  const points = pointsOf([row(1), row(2), row(9)], 60)
  expect(points).toEqual([
    [60, 120, 180, 540],
    [1, 2, null, 9],
    [2, 3, null, 10],
  ])
  expect(withPresent(points, 600, 7).map((line) => line.at(-1))).toEqual([600, 7, 7])
  expect(withPresent(points, 500, 7)).toEqual(points)
})

test('words for times and rates', () => {
  expect([12, 99, 180, 7200, 200_000].map(printSpan)).toEqual(['12 s', '99 s', '3 min', '2 h', '2 days'])
  expect([128, 158_000, 2_500_000].map(printRate)).toEqual(['128 kbit/s', '158 Mbit/s', '2.5 Gbit/s'])
})
