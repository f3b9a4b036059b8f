import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { playlistAnswer, redirectAnswer, segmentAnswer } from '../../../shared/hls/answers.ts'
import { takesGzip } from '../../../shared/http/takes-gzip.ts'

const lines = Array.from({ length: 15 }, (_, i) => `#EXTINF:4.022857,\n${435639956 + i}.mp3`)
const playlist = {
  targetSeconds: 4,
  textFor: (query: string) => `#EXTM3U\n${lines.map((line) => `${line}${query}\n`).join('')}`,
}
const text = playlist.textFor('?s=a')
const playlistFor = (encodings: string | undefined) => {
  const answer = playlistAnswer(playlist, '?s=a', takesGzip(encodings) ? gzipSync : undefined)
  return {
    headers: Object.fromEntries(answer.headers),
    body: Buffer.concat(answer.pieces),
    bytes: answer.bytes,
  }
}

describe('the playlist of a usual window', () => {
  test.each(['gzip', 'gzip, deflate, br', 'deflate, GZIP;q=0.5', 'x-gzip'])(
    'is packed for a player that sends Accept-Encoding: %s',
    (encodings) => {
      const { headers, body, bytes } = playlistFor(encodings)
      expect(headers).toMatchObject({
        'Content-Encoding': 'gzip',
        Vary: 'Accept-Encoding',
        'Cache-Control': 'max-age=2',
      })
      expect(gunzipSync(body).toString()).toBe(text)
      expect(bytes).toBe(body.length)
      expect(body.length * 3).toBeLessThan(text.length)
    },
  )

  test.each([undefined, '', 'identity', 'gzip;q=0', 'gzip; q=0.000, identity', 'gzipped'])(
    'is plain for a player that sends Accept-Encoding: %s',
    (encodings) => {
      const { headers, body } = playlistFor(encodings)
      expect(headers).not.toHaveProperty('Content-Encoding')
      expect(body.toString()).toBe(text)
    },
  )
})

test('a playlist that gzip makes longer is plain', () => {
  const answer = playlistAnswer({ targetSeconds: 1, textFor: () => '#EXTM3U\n' }, '', gzipSync)
  expect(Buffer.concat(answer.pieces).toString()).toBe('#EXTM3U\n')
  expect(Object.fromEntries(answer.headers)).not.toHaveProperty('Content-Encoding')
})

test('a redirect of HLS is empty, and no cache may keep it', () => {
  const { status, headers, bytes } = redirectAnswer('http://edge.example/live.mp3.m3u8?x=s')
  expect({ status, bytes }).toEqual({ status: 302, bytes: 0 })
  expect(Object.fromEntries(headers)).toEqual({
    'Cache-Control': 'no-store, no-cache, private, max-age=0',
    Pragma: 'no-cache',
    Expires: '0',
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': '*',
    'Referrer-Policy': 'no-referrer',
    Location: 'http://edge.example/live.mp3.m3u8?x=s',
  })
})

test('a segment is not packed, and is kept for an hour', () => {
  const answer = segmentAnswer({ type: 'audio/mpeg', pieces: [new Uint8Array(4)], bytes: 4 }, undefined)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'Cache-Control': 'public, max-age=3600, immutable',
  })
})

test('an answer with the same object is made once, for the public and for those who may listen', () => {
  const segment = { type: 'audio/mpeg', pieces: [new Uint8Array(4)], bytes: 4 }
  const whole = segmentAnswer(segment, undefined)
  expect(segmentAnswer(segment, undefined)).toBe(whole)
  const guarded = segmentAnswer(segment, undefined, true)
  expect(Object.fromEntries(guarded.headers)['Cache-Control']).toBe('private, max-age=3600, immutable')
  expect(segmentAnswer(segment, undefined, true)).toBe(guarded)
  expect(segmentAnswer(segment, 'bytes=1-2')).toMatchObject({ status: 206, bytes: 2 })
})

test('a range outside of a segment is 416, and no cache keeps that in place of the segment', () => {
  const segment = { type: 'audio/mpeg', pieces: [new Uint8Array(4)], bytes: 4 }
  const { status, headers, bytes } = segmentAnswer(segment, 'bytes=4-')
  expect({ status, bytes }).toEqual({ status: 416, bytes: 0 })
  expect(Object.fromEntries(headers)).toEqual({
    'Cache-Control': 'no-store',
    'Accept-Ranges': 'bytes',
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': '*',
    'Content-Range': 'bytes */4',
  })
})

describe('a range of a segment (RFC 9110 §14.1.2)', () => {
  const segmentOf = (...texts: string[]) => ({
    type: 'audio/mpeg',
    pieces: texts.map((each) => Buffer.from(each)),
    bytes: texts.join('').length,
  })
  const partOf = (segment: ReturnType<typeof segmentOf>, range: string) => {
    const { status, headers, pieces, bytes } = segmentAnswer(segment, range)
    const texts = pieces.map((each) => Buffer.from(each).toString())
    expect(texts.join('')).toHaveLength(bytes)
    return [status, texts, Object.fromEntries(headers)['Content-Range']]
  }

  test.each([
    ['bytes=0-0', ['0'], '0-0'],
    ['bytes=0-3', ['0123'], '0-3'],
    ['bytes=3-4', ['3', '4'], '3-4'],
    ['bytes=4-', ['456789'], '4-9'],
    ['bytes=9-', ['9'], '9-9'],
    ['bytes=8-99', ['89'], '8-9'],
    ['bytes=-3', ['789'], '7-9'],
    ['bytes=-10', ['0123', '456789'], '0-9'],
    ['bytes=-99', ['0123', '456789'], '0-9'],
  ])('%s is a part, in as few pieces as hold it', (range, texts, named) => {
    expect(partOf(segmentOf('0123', '456789'), range)).toEqual([206, texts, `bytes ${named}/10`])
  })

  test.each(['bytes=10-', 'bytes=10-12', 'bytes=-0'])('%s is outside', (range) => {
    expect(partOf(segmentOf('0123', '456789'), range)).toEqual([416, [], 'bytes */10'])
  })

  test('is outside of a segment that is empty, at its end too', () => {
    for (const range of ['bytes=0-', 'bytes=-5'])
      expect(partOf(segmentOf(''), range)).toEqual([416, [], 'bytes */0'])
  })

  test.each(['', 'bytes=-', 'bytes=5-4', 'bytes=1-2,4-5', 'xbytes=1-2', 'lines=1-2', 'bytes=1'])(
    'is ignored as "%s": the whole is answered',
    (range) => expect(partOf(segmentOf('0123456789'), range)).toEqual([200, ['0123456789'], undefined]),
  )
})
