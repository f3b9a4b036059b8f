import { describe, expect, test } from 'vitest'
import {
  mountsJson,
  offAirMounts,
  publicMountOf,
  publicMounts,
  serverJson,
  serversJson,
} from '../../../shared/api/json.ts'
import { live, viewOf } from '../../kit/parts/draws.ts'
import { mountOf, mountReport, serverOf } from '../../kit/parts/reports.ts'

describe('a server', () => {
  test('has what it reports, and null for what it does not', () => {
    const said = {
      role: 'master',
      maxListeners: 7,
      listeners: 3,
      bandwidth: 400,
      maxBandwidth: 900,
      interval: 5,
    } as const
    const view = viewOf(serverOf('a', said), serverOf('b', { maxListeners: undefined, state: 'draining' }))
    const known = { ageSeconds: 1.3, polled: false, mounts: ['/live.mp3'] }
    expect(serversJson(view, 1260)).toEqual([
      { ...known, ...said, id: 'a', urls: ['http://a.example.org:8000'], state: 'up', free: 3, out: null },
      {
        ...known,
        id: 'b',
        role: 'slave',
        urls: ['http://b.example.org:8000'],
        state: 'draining',
        interval: 10,
        listeners: 0,
        maxListeners: 100,
        bandwidth: null,
        maxBandwidth: null,
        free: 100,
        out: 'draining',
      },
    ])
  })

  test('is never younger than now, though the clock steps back', () => {
    expect(serversJson(viewOf(serverOf('a', {}, { receivedAtMs: 5000 })), 0)[0]?.ageSeconds).toBe(0)
  })

  test('has its own mounts, however many others have as many', () => {
    const carrying = (id: string, ...paths: string[]) =>
      serverOf(id, { mounts: paths.map((path) => mountReport(path)) })
    const view = viewOf(
      carrying('a', '/1', '/2'),
      carrying('b', '/1', '/3'),
      carrying('c', '/1'),
      carrying('d', '/1', '/2', '/3'),
    )
    expect(serversJson(view, 0).map(({ mounts }) => mounts)).toEqual([
      ['/1', '/2'],
      ['/1', '/3'],
      ['/1'],
      ['/1', '/2', '/3'],
    ])
  })

  test('that does not say what it carries carries what live masters do', () => {
    const paths = ['/b', '/a'].map((path) => mountReport(path))
    const kh = serverOf('kh', { mounts: [] }, { carriesAll: true })
    const polled = serverOf('p', { mounts: [mountReport('/x'), mountReport('/a')] }, { polled: true })
    const ages = (nowMs: number) => {
      const view = viewOf(
        serverOf('m', { role: 'master', mounts: paths, interval: 1 }),
        serverOf('s', { mounts: [mountReport('/s')] }),
        kh,
        polled,
      )
      return serversJson(view, nowMs).map(({ id, mounts }) => [id, mounts])
    }
    expect(ages(0)).toEqual([
      ['kh', ['/a', '/b']],
      ['m', ['/b', '/a']],
      ['p', ['/a']],
      ['s', ['/s']],
    ])
    expect(ages(5000).filter(([id]) => id === 'kh' || id === 'p')).toEqual([
      ['kh', []],
      ['p', []],
    ])
  })

  test('that an operator has just named is noted as all others are', () => {
    const server = serverOf('a')
    const notes = (isHttps: boolean) => serverJson(server, viewOf(server), 0, isHttps).notes
    expect(notes(false)).toBeUndefined()
    expect(notes(true)).toEqual([expect.stringMatching(/^it has no https url/)])
  })

  test('that shares a url with others is noted with the first of these urls, unless it is stale', () => {
    const urls = ['http://one.example', 'http://two.example']
    const view = viewOf(
      serverOf('a', { urls }),
      serverOf('b', { urls: urls.slice(1) }),
      serverOf('c', { urls: ['http://c.example', ...urls] }),
      serverOf('old', { urls, interval: 1 }),
    )
    const notes = serversJson(view, 10_000).map(
      ({ id, notes = [] }) => `${id}: ${notes.join(' ').split(',')[0]}`,
    )
    expect(notes).toEqual([
      'a: c reports its url http://one.example too',
      'b: a',
      'c: a reports its url http://one.example too',
      'old: ',
    ])
  })
})

describe('a mount', () => {
  const at = (id: string, over: Parameters<typeof mountReport>[1], role: 'slave' | 'master' = 'slave') =>
    serverOf(id, { role, mounts: [mountReport('/live.mp3', over)] })

  test('has the listeners of all its servers, and type and rate from the first that knows them', () => {
    const view = viewOf(
      at('a', { listeners: 1, contentType: '', kbps: 0 }),
      at('b', { listeners: 2, contentType: 'audio/aac', kbps: 64 }),
      at('c', { listeners: 4, contentType: 'audio/mpeg', kbps: 128 }),
    )
    expect(mountsJson(view, 0)).toEqual([
      { mount: '/live.mp3', listeners: 7, servers: ['a', 'b', 'c'], contentType: 'audio/aac', bitrate: 64 },
    ])
  })

  test('whose servers know neither type nor rate has null', () => {
    const view = viewOf(at('a', { contentType: '', kbps: 0 }))
    expect(mountsJson(view, 0)).toMatchObject([{ contentType: null, bitrate: null }])
    expect(publicMountOf(view, live, 0)).toMatchObject({ contentType: null, playlist: undefined })
  })

  test('has those that carry the mounts of all masters among its servers, by id', () => {
    const kh = (id: string) => serverOf(id, { mounts: [] }, { carriesAll: true })
    const view = viewOf(kh('b'), at('c', {}), at('m', {}, 'master'), kh('z'), kh('a'))
    expect(mountsJson(view, 0)[0]?.servers).toEqual(['a', 'b', 'c', 'm', 'z'])
  })

  test('is public unless its master hides it or nobody carries it, and has its highest audience', () => {
    const view = viewOf(at('m', { listeners: 5, about: { title: 'T' } }, 'master'))
    view.put(at('m', { listeners: 2, about: { title: 'U' } }, 'master'))
    expect(publicMounts(view, 0)).toEqual([
      {
        mount: '/live.mp3',
        listeners: 2,
        listenerPeak: 5,
        contentType: 'audio/mpeg',
        bitrate: 128,
        about: { title: 'U' },
        playlist: undefined,
      },
    ])
    expect(publicMountOf(view, mountOf('/none'), 0)).toBeUndefined()
    expect(publicMounts(view, 60_000)).toEqual([])
    const hidden = viewOf(at('m', { about: { hidden: true } }, 'master'))
    expect(publicMounts(hidden, 0)).toEqual([])
  })

  test('that is played by HLS has the path of its playlist: its master says so, and without one its type', () => {
    const playlist = (contentType: string, hls: number | undefined, role?: 'master') =>
      publicMountOf(viewOf(at('m', { contentType, about: { hls } }, role)), live, 0)?.playlist
    expect(playlist('audio/ogg', 4, 'master')).toBe('/live.mp3.m3u8')
    expect(playlist('audio/mpeg', undefined, 'master')).toBeUndefined()
    expect(playlist('audio/mpeg', undefined)).toBe('/live.mp3.m3u8')
    expect(playlist('audio/ogg', 4)).toBeUndefined()
  })

  test('that went off the air is told with its age, by name, unless it is hidden', () => {
    const view = viewOf(
      serverOf('m', { role: 'master', mounts: ['/c', '/a', '/d', '/b'].map((path) => mountReport(path)) }),
      serverOf('n', { role: 'master', mounts: [mountReport('/h', { about: { hidden: true } })] }),
      serverOf('s', { mounts: [mountReport('/on')] }, { receivedAtMs: 60_000 }),
    )
    expect(offAirMounts(view, 60_000)).toEqual(
      ['/a', '/b', '/c', '/d'].map((mount) => ({ mount, goneMs: 60_000 })),
    )
    expect(offAirMounts(view, 0)).toEqual([])
  })
})
