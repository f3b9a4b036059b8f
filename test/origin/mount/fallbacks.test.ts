import { describe, expect, test } from 'vitest'
import { createConfig } from '../../../origin/config/config.ts'
import { parseIcecastXml } from '../../../origin/config/xml/icecast-xml.ts'
import { createPlacer } from '../../../origin/listen/placer.ts'
import type { OnDemand } from '../../../origin/mount/mounts.ts'
import { createState } from '../../../origin/state.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { FakeWire } from '../../kit/wire/wire.ts'

const block = (name: string, inner: string) => `<mount><mount-name>${name}</mount-name>${inner}</mount>`
const fallback = (name: string, to: string, more = '') =>
  block(name, `<fallback-mount>${to}</fallback-mount>${more}`)

/** A server with these `<mount>` blocks; the test sets the feeds and makes requests. */
function server(mounts: string, edgeUrl?: string) {
  const time = new ManualTime()
  const { settings, blocks } = parseIcecastXml(`<icecast>${mounts}</icecast>`)
  const config = createConfig({ flags: {}, environment: {}, file: { settings, blocks } })
  const state = createState(config, time.nowMs, time)
  const placer = createPlacer({
    config,
    state,
    missed: () => {},
    decider: undefined,
    reports: { change: () => {}, isDraining: false, edgeUrls: edgeUrl === undefined ? [] : [edgeUrl] },
    isLeaving: () => false,
  })
  const feed = (...paths: string[]) => {
    for (const path of paths) {
      const info = { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' } as const
      const opened = state.mounts.open(mountOf(path), info)
      if (opened === 'in use') throw new Error(`${path} is in use`)
      opened.push(Buffer.concat([0, 1, 2, 3, 4].map(numberedFrame)))
    }
  }
  const onDemand = (names: readonly string[], fed: readonly string[]): OnDemand => ({
    isIdle: (name) => names.includes(name) && !state.mounts.get(name),
    demand: async (name) => {
      if (fed.includes(name)) feed(name)
      return fed.includes(name)
    },
  })
  /** the mount that answers a request, or the status and text */
  const ask = async (path: string, relayLogin = false) => {
    const placed = await placer.place({
      mount: mountOf(path),
      query: '',
      secure: false,
      userAgent: undefined,
      address: '192.0.2.1',
      relayLogin,
      head: false,
      range: undefined,
    })
    if (placed.serve) return placed.by?.name
    return placed.status === 302 ? placed.location : `${placed.status} ${placed.text}`
  }
  const fill = (path: string) => {
    const info = { address: '', userAgent: undefined, connectedAtMs: 0, isRelay: false }
    state.mounts.get(mountOf(path))?.join(new FakeWire(), new Uint8Array(), info, false)
  }
  return { state, feed, ask, fill, onDemand }
}

describe('a request for a mount without a feed', () => {
  test('gets the first of its fallbacks that runs (docs/icecast.md#fallbacks-and-moves)', async () => {
    const { feed, ask } = server(fallback('/a', '/b') + fallback('/b', '/c'))
    expect(await ask('/a')).toBe('404 The file you requested could not be found')
    feed('/c')
    expect([await ask('/a'), await ask('/b'), await ask('/c')]).toEqual(['/c', '/c', '/c'])
    feed('/b')
    expect([await ask('/a'), await ask('/b')]).toEqual(['/b', '/b'])
    feed('/a')
    expect(await ask('/a')).toBe('/a')
  })

  test('ends after following a circle of fallbacks', async () => {
    const { ask } = server(fallback('/a', '/b') + fallback('/b', '/a') + fallback('/self', '/self'))
    expect(await ask('/a')).toMatch(/^404/)
    expect(await ask('/self')).toMatch(/^404/)
  })

  test('starts an on-demand relay that is a fallback, and continues if it cannot be had', async () => {
    const blocks = fallback('/a', '/b') + fallback('/b', '/c') + fallback('/c', '/d')
    const { state, feed, ask, onDemand } = server(blocks)
    state.mounts.onDemand = onDemand(['/b', '/c'], ['/c'])
    expect(await ask('/a')).toBe('/c')
    const other = server(blocks)
    other.state.mounts.onDemand = other.onDemand(['/b', '/c'], [])
    expect(await other.ask('/a')).toBe('404 Mount unavailable')
    other.feed('/d')
    expect(await other.ask('/a')).toBe('/d')
    feed('/b')
    expect(await ask('/a')).toBe('/b')
  })

  test('gets a fallback of this server before it is sent back to the edge, and is sent back if there is none', async () => {
    const { feed, ask } = server(fallback('/a', '/b'), 'http://edge.example')
    expect(await ask('/a')).toBe('http://edge.example/a?x=localhost%3A8000')
    feed('/b')
    expect(await ask('/a')).toBe('/b')
  })

  test('gets no file if there is none in the webroot', async () => {
    const { ask } = server(`<paths><webroot>/nowhere</webroot></paths>${fallback('/a', '/b.mp3')}`)
    expect(await ask('/a')).toBe('404 Mount unavailable')
    expect(await ask('/b.mp3')).toBe('404 The file you requested could not be found')
  })
})

describe('a request for a full mount', () => {
  const limit = '<max-listeners>1</max-listeners>'

  test('is refused, and gets its fallback if fallback-when-full is set', async () => {
    const { feed, ask, fill } = server(
      fallback('/a', '/c', limit) +
        fallback('/b', '/c', `${limit}<fallback-when-full>1</fallback-when-full>`),
    )
    feed('/a', '/b', '/c')
    expect([await ask('/a'), await ask('/b')]).toEqual(['/a', '/b'])
    fill('/a')
    fill('/b')
    expect([await ask('/a'), await ask('/b')]).toEqual(['403 max listeners reached', '/c'])
    expect(await ask('/a', true)).toBe('/a')
  })

  test('is refused if its fallback does not run, or is full as well', async () => {
    const full = `${limit}<fallback-when-full>1</fallback-when-full>`
    const { feed, ask, fill } = server(fallback('/a', '/b', full) + fallback('/b', '/c', full))
    feed('/a')
    fill('/a')
    expect(await ask('/a')).toBe('403 max listeners reached')
    feed('/b')
    expect(await ask('/a')).toBe('/b')
    fill('/b')
    expect(await ask('/a')).toBe('403 max listeners reached')
  })
})

test('only relays get a no-mount directly; it still serves as a fallback (docs/icecast.md#answers-to-a-listener)', async () => {
  const { feed, ask } = server(block('/b', '<no-mount>1</no-mount>') + fallback('/a', '/b'))
  feed('/b')
  expect([await ask('/b'), await ask('/a'), await ask('/b', true)]).toEqual([
    '403 mountpoint unavailable',
    '/b',
    '/b',
  ])
})
