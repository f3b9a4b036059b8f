import { XMLParser } from 'fast-xml-parser'
import { expect, test } from 'vitest'
import { View } from '../../../shared/draw/view.ts'
import { parsePlaylistPath, printPlaylist } from '../../../shared/http/playlist.ts'
import { chiSquareP } from '../../kit/base/chi-square.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { mountOf, seededRoll, serverOf } from '../../kit/parts/reports.ts'

test('a playlist is recognized by its extension, and the mount is the path before it', () => {
  expect(parsePlaylistPath('/live.mp3.m3u')).toEqual({ path: '/live.mp3', kind: 'm3u' })
  expect(parsePlaylistPath('/a/b.xspf')).toEqual({ path: '/a/b', kind: 'xspf' })
  for (const none of ['/.m3u', '/live.mp3', '/m3u', '/a.m3u8'])
    expect(parsePlaylistPath(none), none).toBeUndefined()
})

test('each kind contains the URLs in order', () => {
  const urls = ['http://edge/a.mp3?b=1&c=<2>', 'http://s1/a.mp3']
  expect(printPlaylist('m3u', urls, '/a.mp3')).toBe('http://edge/a.mp3?b=1&c=<2>\r\nhttp://s1/a.mp3\r\n')
  expect(printPlaylist('pls', urls, '/a.mp3')).toBe(
    '[playlist]\r\nNumberOfEntries=2\r\nFile1=http://edge/a.mp3?b=1&c=<2>\r\nTitle1=/a.mp3\r\nLength1=-1\r\n' +
      'File2=http://s1/a.mp3\r\nTitle2=/a.mp3\r\nLength2=-1\r\nVersion=2\r\n',
  )
  const xml = new XMLParser().parse(printPlaylist('xspf', urls, "/it's <a> & b"))
  expect(xml.playlist.title).toBe("/it's <a> & b")
  expect(xml.playlist.trackList.track.map((track: { location: string }) => track.location)).toEqual(urls)
})

test('a server of another country hides none whose free slots are all on their way', () => {
  const view = new View(100)
  view.put(serverOf('a', { maxListeners: 10, listeners: 5 }, { debit: 5 }))
  view.put(serverOf('abroad', { maxListeners: 900, listeners: 0, countries: { allow: true, codes: ['FR'] } }))
  const drawn = view.pool(mountOf('/live.mp3'), false)?.drawSeveral(0, seededRoll(1), 5, 'DE')
  expect(drawn?.map(({ server }) => server.report.id)).toEqual(['a'])
})

test('direct URLs are drawn by weight without repeats, and only for servers with room', () => {
  const view = new View(100)
  for (const [id, maxListeners, listeners] of [
    ['a', 900, 0],
    ['b', 300, 0],
    ['c', 100, 0],
    ['full', 9000, 9000],
  ] as const)
    view.put(serverOf(id, { maxListeners, listeners }))
  const pool = view.pool(mountOf('/live.mp3'), false)
  const roll = seededRoll(1)
  const first = { a: 0, b: 0, c: 0 }
  const sets = new Set<string>()
  for (let i = 0; i < repetitions(100_000); i++) {
    const ids = pool?.drawSeveral(0, roll, 5).map(({ server }) => server.report.id) ?? []
    sets.add(ids.toSorted().join())
    first[ids[0] as 'a' | 'b' | 'c']++
  }
  expect([...sets]).toEqual(['a,b,c'])
  expect(chiSquareP([first.a, first.b, first.c], [900, 300, 100])).toBeGreaterThan(0.001)
  expect(pool?.drawSeveral(0, roll, 2)).toHaveLength(2)
})
