import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PlaylistTemplate, templateOf } from '../../../../origin/hls/serve/playlist-template.ts'
import { repetitions } from '../../../kit/base/repetitions.ts'

const uris = Array.from({ length: 15 }, (_, i) => `#EXTINF:4.0228${10 + i},\n${435_639_956 + i}.mp3`)
const playlistOf = (head: string, lines = uris) => ({
  textFor: (query: string) => `#EXTM3U\n${head}${lines.map((line) => `${line}${query}\n`).join('')}`,
})
const usual = playlistOf('#EXT-X-TARGETDURATION:4\n')
/** Lets so many sessions ask that what they get is shared from now on. */
function shared(template: PlaylistTemplate | undefined): PlaylistTemplate | undefined {
  for (let i = 0; i < 10; i++) template?.packed(String(i).padStart(16, '0'))
  return template
}
const ids = fc.stringMatching(/^[A-Za-z0-9_-]{16}$/)
const titles = fc.string({ unit: 'grapheme', maxLength: 80 }).map((title) => title.replace(/\p{Cc}/gu, ' '))

function expectRight(
  template: PlaylistTemplate | undefined,
  playlist: { textFor(query: string): string },
  id: string | undefined,
): void {
  const text = playlist.textFor(id === undefined ? '' : `?s=${id}`)
  expect(template?.plain(id).toString()).toBe(text)
  const packed = template?.packed(id)
  if (packed) expect(gunzipSync(packed).toString()).toBe(text)
}

describe('a playlist that is prepared for its sessions', () => {
  test('gives each its own text, plain and packed, whatever the titles and ids are', () => {
    const playlists = fc.tuple(titles, fc.integer({ min: 0, max: 40 }))
    const property = fc.property(
      playlists,
      fc.array(ids, { minLength: 1, maxLength: 4 }),
      ([title, n], all) => {
        const playlist = playlistOf(`#EXT-X-DATERANGE:X-TITLE="${title}"\n`, uris.slice(0, n))
        const template = templateOf(playlist)
        for (const id of [...all, undefined]) expectRight(template, playlist, id)
        shared(template)
        for (const id of [...all, undefined]) expectRight(template, playlist, id)
      },
    )
    fc.assert(property, { numRuns: repetitions(1000) })
  })

  test('is right for ids that look like the playlist itself', () => {
    const alike = ['EXTINF-4-0228100', '4356399564356399', 'mp3mp3mp3mp3mp3m', 'AAAAAAAAAAAAAAAA']
    const template = shared(templateOf(usual))
    for (const id of alike)
      expect(gunzipSync(template?.packed(id) ?? Buffer.alloc(0)).toString()).toBe(usual.textFor(`?s=${id}`))
  })

  test('is right for ids that a player made itself, of any length', () => {
    for (const template of [templateOf(usual), shared(templateOf(usual))])
      for (const id of ['1', 'kitchen-radio', 'x'.repeat(64)]) expectRight(template, usual, id)
  })

  test('is packed to less than a third, by 40 bytes longer for a session than for everybody at most', () => {
    const template = shared(templateOf(usual))
    const packed = template?.packed('AbCdEfGhIjKlMnOp')?.length ?? 0
    expect(packed * 3).toBeLessThan(usual.textFor('?s=AbCdEfGhIjKlMnOp').length)
    expect(packed).toBeLessThan((template?.packed(undefined)?.length ?? 0) + 40)
  })

  test('is printed and packed once, however many sessions ask', () => {
    let printed = 0
    const counted = {
      textFor: (query: string) => {
        printed++
        return usual.textFor(query)
      },
    }
    for (let i = 0; i < 100; i++) templateOf(counted)?.packed(String(i).padStart(16, '0'))
    expect(printed).toBeLessThanOrEqual(3)
  })

  test('is plain where gzip makes it longer', () => {
    const template = shared(templateOf({ textFor: () => '#EXTM3U\n' }))
    expect(template?.packed(undefined)).toBeUndefined()
    expect(template?.packed('AbCdEfGhIjKlMnOp')).toBeUndefined()
    expect(template?.plain('AbCdEfGhIjKlMnOp').toString()).toBe('#EXTM3U\n')
  })

  test('has none of the control characters that stand for ids while it is prepared', () => {
    expect(templateOf(playlistOf('#EXT-X-DATERANGE:X-TITLE="\u0002"\n'))).toBeUndefined()
  })
})
