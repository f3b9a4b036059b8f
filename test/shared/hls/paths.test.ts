import { describe, expect, test } from 'vitest'
import { hlsPath, multivariantPath, parseHlsPath, parseMultivariantPath } from '../../../shared/hls/paths.ts'
import { edgePathway, pathwayOf, serverOfPathway } from '../../../shared/hls/pathway.ts'
import { sessionIdOf, sessionOf } from '../../../shared/hls/session.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const live = mountOf('/live.mp3')

describe('the paths of HLS', () => {
  test.each([
    ['/hls/live.mp3/media.m3u8', live, { kind: 'media' }],
    ['/hls/live.mp3/steering.json', live, { kind: 'steering' }],
    ['/hls/live.mp3/0.mp3', live, { kind: 'segment', number: 0, extension: 'mp3' }],
    ['/hls/live.mp3/417000017.aac', live, { kind: 'segment', number: 417_000_017, extension: 'aac' }],
    ['/hls/a/b%20c.ogg/12.m4s', mountOf('/a/b%20c.ogg'), { kind: 'segment', number: 12, extension: 'm4s' }],
    ['/hls/live.ogg/init-3.mp4', mountOf('/live.ogg'), { kind: 'init', number: 3 }],
  ] as const)('%s names an object of its mount, and is printed the same', (path, mount, object) => {
    expect(parseHlsPath(path)).toEqual({ mount, object })
    expect(hlsPath(mount, object)).toBe(path)
    // another name of the same mount, of which nothing is kept
    const other = path.replace(/(?<=^\/hls\/)./, (c) => `%${c.charCodeAt(0).toString(16)}`)
    expect(parseHlsPath(other)).toEqual({ mount, object })
    expect(parseHlsPath(other)).not.toBe(parseHlsPath(other))
  })

  test('are parsed once for all that ask for the same', () => {
    const first = parseHlsPath('/hls/live.mp3/18.mp3')
    expect(parseHlsPath('/hls/live.mp3/18.mp3')).toBe(first)
    const keepsBoth = () => {
      const before = parseHlsPath('/hls/live.mp3/18.mp3')
      parseHlsPath('/hls/live.mp3/19.mp3')
      return parseHlsPath('/hls/live.mp3/18.mp3') === before
    }
    // all are dropped where there are too many, which is not twice in a row
    expect(keepsBoth() || keepsBoth()).toBe(true)
    for (let i = 0; i < 2000; i++) parseHlsPath(`/hls/live.mp3/${i}.aac`)
    expect(parseHlsPath('/hls/live.mp3/18.mp3')).not.toBe(first) // others have taken its place
    expect(parseHlsPath('/hls/live.mp3/18.mp3')).toEqual(first)
  })

  test.each([
    '/hls/live.mp3',
    '/hls/live.mp3/',
    '/hls/media.m3u8',
    '/hls//media.m3u8',
    '/hls/live.mp3/01.mp3',
    '/hls/live.mp3/-1.mp3',
    '/hls/live.mp3/1.5.mp3',
    '/hls/live.mp3/1e3.mp3',
    '/hls/live.mp3/1000000000000000000000.mp3',
    '/hls/live.mp3/1.ts',
    '/hls/live.mp3/1.mp3-x',
    '/hls/live.mp3/xinit-3.mp4',
    '/hls/live.mp3/init-3.mp4x',
    '/hls/live.mp3/init-.mp4',
    '/hls/../live.mp3/media.m3u8',
    '/hls/live%2Fmp3/media.m3u8',
    '/hls/live.mp3/media.m3u8/',
    '/hlsx/live.mp3/media.m3u8',
    '/www/live.mp3/media.m3u8',
  ])('%s names nothing', (path) => {
    expect(parseHlsPath(path)).toBeUndefined()
  })

  test('a multivariant playlist is the mount with .m3u8 behind', () => {
    expect(parseMultivariantPath('/live.mp3.m3u8')).toBe(live)
    expect(multivariantPath(live)).toBe('/live.mp3.m3u8')
    for (const path of ['/live.mp3', '/.m3u8', '/api/x.m3u8', '/hls/live.mp3/media.m3u8'])
      expect(parseMultivariantPath(path)).toBeUndefined()
  })
})

describe('pathway ids', () => {
  test('hold letters, digits, points, hyphens and underscores alone, and lead back to the server', () => {
    for (const id of ['relay1', 'relay1.example.org:8000', '[2001:db8::1]:8443', 'a_b', 'a_3ab', 'A-b.9']) {
      expect(pathwayOf(id)).toMatch(/^[A-Za-z0-9._-]+$/)
      expect(serverOfPathway(pathwayOf(id))).toBe(id)
    }
  })

  test('of a server that is called as the edge is are another than that of the edge', () => {
    expect(pathwayOf('edge')).toBe('_65dge')
    expect(serverOfPathway('_65dge')).toBe('edge')
    expect(serverOfPathway(edgePathway)).toBeUndefined()
    expect([pathwayOf('edges'), pathwayOf('a\tb')]).toEqual(['edges', 'a_09b'])
  })

  test('that belong to no server lead to none', () => {
    for (const pathway of ['a:b', 'a_', 'a_3', 'a_zz', 'a_61', 'ä', '_3A'])
      expect(serverOfPathway(pathway)).toBeUndefined()
  })
})

describe('the id of a session', () => {
  test('is 96 bits as 16 characters, and is read from a query', () => {
    const id = sessionIdOf(Uint8Array.from([0, 16, 131, 16, 81, 135, 32, 146, 139, 255, 255, 255]))
    expect(id).toBe('ABCDEFGHIJKL____')
    expect(sessionOf(`?s=${id}`)).toBe(id)
    expect(sessionOf(`?token=1&s=${id}&x=2`)).toBe(id)
  })

  test('is what a player shows, whoever made it', () => {
    for (const id of [
      '1',
      'kitchen-radio',
      '0123456789abcdef01234567',
      '6fa459ea-ee8a-4ca4-894e-db77e160355e',
      'f'.repeat(64),
    ])
      expect(sessionOf(`?s=${id}`)).toBe(id)
  })

  test('that a URL cannot have as it is, is none', () => {
    for (const query of [
      '',
      '?s=',
      '?xs=ABCDEFGHIJKL____',
      `?s=${'x'.repeat(65)}`,
      '?s=ABCDEFGHIJKL<___',
      '?s=%41',
      '?s=a/b',
    ])
      expect(sessionOf(query)).toBeUndefined()
  })
})
