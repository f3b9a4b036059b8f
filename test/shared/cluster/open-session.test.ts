import { describe, expect, test } from 'vitest'
import { type Opening, openSession } from '../../../shared/cluster/open-session.ts'
import type { Server } from '../../../shared/draw/server.ts'
import type { View } from '../../../shared/draw/view.ts'
import { viewOf, withSlots } from '../../kit/parts/draws.ts'
import { mountOf, mountReport, seededRoll, serverOf } from '../../kit/parts/reports.ts'

const listener = {
  mount: mountOf('/live.mp3'),
  query: '',
  sender: { secure: false, address: '192.0.2.1' },
}
const deps = {
  config: { httpsOnly: false },
  nowMs: () => 0,
  roll: seededRoll(1),
  redirected: () => {},
}
const player = { head: false, userAgent: 'player', range: undefined }
const saying = (about?: object) => ({ mounts: [mountReport('/live.mp3', { about })] })

describe('whether a mount is an HLS stream', () => {
  const slave = serverOf('slave', saying())
  // its stats have a peak, and Icecast does not know HLS
  const polled = serverOf('polled', saying({ peak: 3 }), { polled: true })

  test('is not told by the stats of a polled slave, while its master is gone', () => {
    expect(typeof openSession(viewOf(slave, polled), listener, deps, player)).toBe('function')
  })

  test('is not told by them either where its master is an older version, which says nothing', () => {
    const master = serverOf('master', { role: 'master', ...saying() })
    expect(typeof openSession(viewOf(slave, polled, master), listener, deps, player)).toBe('function')
  })

  test('is not denied while its master is gone and no server that is left knows its content type', () => {
    const idle = serverOf('slave', { mounts: [mountReport('/live.mp3', { contentType: '' })] })
    expect(typeof openSession(viewOf(idle), listener, deps, player)).toBe('function')
    const other = serverOf('slave', { mounts: [mountReport('/live.mp3', { contentType: 'audio/x-other' })] })
    expect(openSession(viewOf(other), listener, deps, player)).toBe('not packaged')
  })

  test('is told by its master, reporting or polled', () => {
    const off = serverOf('master', { role: 'master', ...saying({ peak: 3 }) })
    const stock = serverOf('master', { role: 'master', ...saying({ peak: 3 }) }, { polled: true })
    for (const master of [off, stock])
      expect(openSession(viewOf(slave, master), listener, deps, player)).toBe('not packaged')
  })
})

/** The multivariant playlist of a new session, whose id stands as `S`, and the redirects that were counted; or why there is none. */
function opened(
  view: View,
  { query = '', seed = 1, ...opening }: Partial<Opening> & { query?: string; seed?: number } = {},
) {
  const counted: [string, number][] = []
  const redirected = ({ report }: Server, kbps: number) => counted.push([report.id, kbps])
  const all = { ...deps, roll: seededRoll(seed), redirected }
  const session = openSession(view, { ...listener, query }, all, { ...player, ...opening })
  if (typeof session === 'string') return session
  const text = new TextDecoder().decode(session().pieces[0]).replaceAll(/\bs=[\w-]{16}(?![\w-])/g, 's=S')
  const [, steering = '', first] = /SERVER-URI="([^"]*)",PATHWAY-ID="([^"]*)"/.exec(text) ?? []
  return {
    steering,
    first,
    pathways: [...text.matchAll(/,PATHWAY-ID="([^"]*)",STABLE/g)].map(([, id]) => id),
    codecs: /CODECS="([^"]*)"/.exec(text)?.[1],
    bandwidth: /BANDWIDTH=(\d+)/.exec(text)?.[1],
    urls: text.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
    counted,
  }
}

describe('a new session', () => {
  const line = { maxBandwidth: 100_000, bandwidth: 0, mounts: [mountReport('/live.mp3', { kbps: 64 })] }
  const at = (id: string) => `http://${id}.example.org:8000/hls/live.mp3/media.m3u8`

  test('has the servers that it may fetch from, this decider steers it, and the first of them is counted', () => {
    const view = viewOf(withSlots('a', 100, line), withSlots('full', 0))
    expect(opened(view, { query: '?token=t&x=b&CMCD=1&_HLS_pathway=z' })).toEqual({
      steering: '/hls/live.mp3/steering.json?token=t&s=S&p=a',
      first: 'a',
      pathways: ['a'],
      codecs: 'mp4a.40.34',
      bandwidth: '75000',
      urls: [`${at('a')}?token=t&s=S`],
      counted: [['a', 64]],
    })
  })

  test('has four servers at the most, which its steering url names', () => {
    const many = viewOf(...Array.from({ length: 9 }, (_, i) => withSlots(`s${i}`, 100)))
    const session = opened(many)
    if (typeof session === 'string') throw new Error(session)
    expect(session.pathways).toHaveLength(4)
    expect(session.steering).toMatch(
      new RegExp(`&p=${session.pathways.join('%2C')}$|\\?s=S&p=${session.pathways.join('%2C')}$`),
    )
    expect(session.first).toBe(session.pathways[0])
    expect(session.counted).toEqual([[session.first, 0]])
  })

  test('is not counted for a HEAD, for a probe of two bytes, and where it comes to this program itself', () => {
    const own = viewOf(withSlots('a', 100))
    own.ownId = 'a'
    const session = opened(own)
    expect(session).toMatchObject({ counted: [], urls: ['/hls/live.mp3/media.m3u8?s=S'] })
    for (const opening of [{ head: true }, { range: 'bytes=0-1' }])
      expect(opened(viewOf(withSlots('a', 100)), opening)).toMatchObject({
        counted: [],
        urls: [`${at('a')}?s=S`],
      })
  })

  test('of an Apple player begins at the same server within a minute, and at another for another address or program', () => {
    const view = viewOf(...Array.from({ length: 9 }, (_, i) => withSlots(`s${i}`, 100)))
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
    const firsts = (each: (seed: number) => Parameters<typeof opened>[1], address?: string) =>
      new Set(
        seeds.map((seed) => {
          const sender = { secure: false, address: address ?? `192.0.2.${seed}` }
          const { head, userAgent, range } = { ...player, ...each(seed) }
          const all = { ...deps, roll: seededRoll(seed) }
          const session = openSession(view, { ...listener, sender }, all, { head, userAgent, range })
          if (typeof session === 'string') return session
          return /PATHWAY-ID="([^"]*)"/.exec(new TextDecoder().decode(session().pieces[0]))?.[1]
        }),
      ).size
    expect(firsts(() => ({ userAgent: 'AppleCoreMedia/1' }), '192.0.2.1')).toBe(1)
    expect(firsts(() => ({ range: 'bytes=0-1' }), '192.0.2.1')).toBe(1)
    expect(firsts(() => ({}), '192.0.2.1')).toBeGreaterThan(1)
    expect(firsts(() => ({ userAgent: 'AppleCoreMedia/1' }))).toBeGreaterThan(1)
    expect(firsts((seed) => ({ userAgent: `AppleCoreMedia/${seed}` }), '192.0.2.1')).toBeGreaterThan(1)
  })

  test('is refused where nobody knows the mount, or has room', () => {
    expect(opened(viewOf(withSlots('a', 100, { mounts: [] })))).toBe('unknown mount')
    expect(opened(viewOf(withSlots('a', 0)))).toBe('no room')
  })

  test('has the codec and the bit rate that masters report, else those of the first that knows them', () => {
    const of = (id: string, contentType: string, kbps: number, role: 'master' | 'slave' = 'slave') =>
      serverOf(id, {
        role,
        mounts: [
          mountReport('/live.mp3', { contentType, kbps, ...(role === 'master' && { about: { hls: 4 } }) }),
        ],
      })
    const told = (...servers: Server[]) => {
      const session = opened(viewOf(...servers))
      return typeof session === 'string' ? session : [session.codecs, session.bandwidth]
    }
    expect(told(of('a', 'audio/aac', 64), of('m', 'audio/mpeg', 128, 'master'))).toEqual([
      'mp4a.40.34',
      '145000',
    ])
    expect(told(of('a', 'audio/aac', 64), of('m', '', 0, 'master'))).toEqual(['mp4a.40.2', '75000'])
    expect(told(of('a', 'audio/aac', 64), of('m', 'audio/mpeg', 0, 'master'))).toEqual([
      'mp4a.40.34',
      '75000',
    ])
    expect(told(of('a', '', 96), of('b', 'audio/mpeg', 64))).toEqual(['mp4a.40.34', '110000'])
    expect(told(of('a', 'audio/x-other', 64), of('b', 'audio/mpeg', 64))).toEqual(['mp4a.40.34', '75000'])
    expect(told(of('a', 'audio/ogg', 64), of('m', 'audio/ogg', 0, 'master'))).toEqual([undefined, '75000'])
    const he = serverOf('m', {
      role: 'master',
      mounts: [mountReport('/live.mp3', { contentType: 'audio/aac', about: { hls: 4, samplerate: 22_050 } })],
    })
    expect(told(he)?.[0]).toBe('mp4a.40.5')
  })
})

describe('a new session at a decider that carries HLS itself', () => {
  const master = serverOf('m', { role: 'master', maxListeners: 0 })
  const [a, full] = [withSlots('a', 100), withSlots('a', 0)]
  const carrier = (comes: 'always' | 'overflow') => ({ carrier: { comes, base: 'http://edge.example' } })
  const own = 'http://edge.example/hls/live.mp3/media.m3u8?s=S'

  test('fetches from this decider first, for everybody or where no server has room, and is not counted at another', () => {
    expect(opened(viewOf(master, a), carrier('always'))).toMatchObject({
      pathways: ['edge', 'a'],
      counted: [],
    })
    expect(opened(viewOf(master, full), carrier('overflow'))).toMatchObject({
      pathways: ['edge'],
      urls: [own],
      counted: [],
    })
    expect(opened(viewOf(master, a), carrier('overflow'))).toMatchObject({
      pathways: ['a'],
      counted: [['a', 0]],
    })
    const many = Array.from({ length: 9 }, (_, i) => withSlots(`s${i}`, 100))
    const session = opened(viewOf(master, ...many), carrier('always'))
    expect(typeof session === 'string' ? session : session.pathways).toHaveLength(4)
  })

  test('is refused where no master that reports has the mount: one that is polled has no objects', () => {
    const polled = serverOf('m', { role: 'master', maxListeners: 0 }, { polled: true })
    for (const view of [viewOf(full), viewOf(full, polled)])
      expect(opened(view, carrier('always'))).toBe('no room')
  })
})
