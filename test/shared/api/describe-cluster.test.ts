import { describe, expect, test } from 'vitest'
import type { Seen } from '../../../shared/api/cluster-json.ts'
import { clusterJson, shares } from '../../../shared/api/describe-cluster.ts'
import type { ClusterEvent } from '../../../shared/cluster/watch/event.ts'
import { View } from '../../../shared/draw/view.ts'
import { newAnswers } from '../../../shared/history/counts.ts'
import { mountOf, mountReport, serverOf } from '../../kit/parts/reports.ts'

const location = { latitude: 52.52, longitude: 13.4 }
const about = { title: 'T', artist: 'A', name: 'Radio', since: '2026-11-23T01:53:52Z', hidden: true }

function cluster() {
  const view = new View(100)
  const master = mountReport('/live.mp3', { about, listeners: 10 })
  view.put(serverOf('m', { role: 'master', mounts: [master], listeners: 10 }))
  const mounts = [mountReport('/live.mp3', { listeners: 50 })]
  view.put(serverOf('a', { mounts, listeners: 50, bandwidth: 9000, maxBandwidth: 10_000 }, { location }))
  view.put(serverOf('b', { interval: 1, listeners: 99 }))
  return view
}
const nothingSeen: Seen = {
  perMinute: { answers: {}, sendBacks: 0, refusals: 0, joins: 0 },
  serverOf: () => undefined,
  countries: {},
  totals: () => ({ answers: newAnswers(), sendBacks: {}, joins: {}, reports: {} }),
}
const events: ClusterEvent[] = [{ at: 1000, kind: 'server stale', server: 'b' }]
const answer = (seen = nothingSeen) =>
  clusterJson(cluster(), seen, events, 10_000, Date.UTC(2026, 0, 1), false)

describe('/api/cluster', () => {
  test('sums over live servers: a stale one has neither listeners nor slots', () => {
    expect(answer()).toMatchObject({
      at: '2026-01-01T00:00:00.000Z',
      events: [{ at: '1970-01-01T00:00:01.000Z', kind: 'server stale', server: 'b' }],
      totals: {
        listeners: 60,
        maxListeners: 200,
        free: 97,
        bandwidth: 9000,
        utilisation: 0.3,
        serversIn: 2,
        serversOut: 1,
        mounts: 1,
      },
    })
  })

  test('a server is as full as its slots or its line, whichever is fuller', () => {
    const servers = Object.fromEntries(answer().servers.map((server) => [server.id, server]))
    expect(servers.a).toMatchObject({ utilisation: 0.9, location, hlsShare: null, version: null })
    expect(servers.m).toMatchObject({ utilisation: 0.1, location: null })
    expect(servers.b).toMatchObject({ out: 'stale' })
  })

  test('has null where nothing can be said: no bandwidth, no slots, no server', () => {
    const totals = (...servers: Parameters<View['put']>[0][]) => {
      const view = new View(100)
      for (const server of servers) view.put(server)
      return clusterJson(view, nothingSeen, [], 0, 0, false).totals
    }
    expect(totals(serverOf('a'))).toMatchObject({ bandwidth: null, utilisation: 0 })
    expect(totals(serverOf('a'), serverOf('b', { bandwidth: 0 }), serverOf('c'))).toMatchObject({
      bandwidth: 0,
    })
    expect(totals()).toMatchObject({ bandwidth: null, utilisation: null, serversIn: 0, maxListeners: 0 })
    expect(totals(serverOf('a', { maxListeners: 0 }))).toMatchObject({ utilisation: null })
  })

  test.each([
    [{ listeners: 0, maxListeners: 0 }, 0],
    [{ listeners: 50, bandwidth: 9000 }, 0.5],
    [{ listeners: 50, bandwidth: 9000, maxBandwidth: 0 }, 0.5],
    [{ listeners: 50, maxBandwidth: 10_000 }, 0.5],
    [{ listeners: 50, bandwidth: 9000, maxBandwidth: 10_000 }, 0.9],
    [{ listeners: 120, bandwidth: 9000, maxBandwidth: 10_000 }, 1.2],
  ])('a server with %j is full to %f', (over, utilisation) => {
    const view = new View(100)
    view.put(serverOf('a', over))
    expect(clusterJson(view, nothingSeen, [], 0, 0, false).servers[0]?.utilisation).toBe(utilisation)
  })

  test('a mount has its highest audience, and those that carry the mounts of all masters', () => {
    const view = new View(100)
    const at = (listeners: number) =>
      serverOf('m', { role: 'master', mounts: [mountReport('/live.mp3', { listeners })] })
    view.put(at(9))
    view.put(at(4))
    view.put(serverOf('kh', { mounts: [] }, { carriesAll: true }))
    expect(clusterJson(view, nothingSeen, [], 0, 0, false).mounts).toMatchObject([
      { listeners: 4, peak: 9, servers: { kh: 0, m: 4 } },
    ])
  })

  test.each([
    [undefined, 50, null],
    [0, 0, 0],
    [10, 40, 0.25],
    [7, 5, 1],
  ])('with %s of %i listeners by HLS the share of HLS is %s', (hlsListeners, listeners, share) => {
    const view = new View(100)
    view.put(serverOf('a', { listeners, hlsListeners }))
    expect(clusterJson(view, nothingSeen, [], 0, 0, false).servers[0]?.hlsShare).toBe(share)
  })

  test('a mount has its title, its listeners by server, and what is hidden elsewhere', () => {
    expect(answer().mounts).toEqual([
      {
        mount: '/live.mp3',
        title: 'T',
        artist: 'A',
        name: 'Radio',
        since: about.since,
        hidden: true,
        contentType: 'audio/mpeg',
        bitrate: 128,
        listeners: 60,
        peak: 60,
        hasMaster: true,
        servers: { a: 50, m: 10 },
        countries: {},
      },
    ])
  })

  test('present listeners are divided among countries as the redirects were', () => {
    const countries = { [mountOf('/live.mp3')]: { DE: 2, AT: 1 } }
    expect(answer({ ...nothingSeen, countries }).mounts[0]?.countries).toEqual({ DE: 40, AT: 20 })
  })
})

test('shares are integers that add up to the whole; the largest remainders are rounded up', () => {
  expect(shares({ DE: 1, AT: 1, CH: 1 }, 10)).toEqual({ AT: 4, CH: 3, DE: 3 })
  expect(shares({ DE: 5, AT: 1 }, 1)).toEqual({ DE: 1 })
  expect(shares({}, 10)).toEqual({})
  expect(shares({ DE: 0 }, 10)).toEqual({})
})
