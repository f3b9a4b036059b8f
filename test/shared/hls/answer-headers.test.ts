import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  errorAnswer,
  multivariantAnswer,
  type PiecedAnswer,
  playlistAnswer,
  preparedAnswer,
  segmentAnswer,
  steeringAnswer,
} from '../../../shared/hls/answers.ts'

const cors = [
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', '*'],
]
const type = ['Content-Type', 'application/vnd.apple.mpegurl']
const textOf = ({ pieces }: PiecedAnswer) => Buffer.concat(pieces).toString()
const textFor = () => 'a playlist\n'

describe('the headers of HLS (docs/hls.md)', () => {
  test.each([
    [8, false, false, 'max-age=4', []],
    [7, true, false, 'private, max-age=3', []],
    [1, false, true, 'max-age=1', [['Content-Encoding', 'gzip']]],
  ] as const)(
    'a playlist of %i s, private: %s, packed: %s',
    (targetSeconds, isPrivate, isPacked, cache, coding) => {
      const headers = [type, ['Cache-Control', cache], ...cors, ['Vary', 'Accept-Encoding'], ...coding]
      const text = Buffer.from('text')
      for (let i = 0; i < 2; i++)
        expect(preparedAnswer({ targetSeconds, isPrivate, isPacked, text })).toEqual({
          status: 200,
          headers,
          pieces: [text],
          bytes: 4,
        })
      const gzip = isPacked ? () => gzipSync('').subarray(0, 3) : undefined
      expect(playlistAnswer({ targetSeconds, isPrivate, textFor } as never, '', gzip).headers).toEqual(
        headers,
      )
    },
  )

  test('answers of different kinds have different headers, whichever came first', () => {
    const kinds = [4, 8, 9].flatMap((targetSeconds) =>
      [false, true].flatMap((isPrivate) =>
        [false, true].map((isPacked) => ({ targetSeconds, isPrivate, isPacked })),
      ),
    )
    const text = Buffer.from('text')
    for (const kind of [...kinds, ...kinds]) {
      const { targetSeconds, isPrivate, isPacked } = kind
      const age = `${isPrivate ? 'private, ' : ''}max-age=${Math.floor(targetSeconds / 2)}`
      const coding = isPacked ? [['Content-Encoding', 'gzip']] : []
      expect(preparedAnswer({ ...kind, text }).headers).toEqual([
        type,
        ['Cache-Control', age],
        ...cors,
        ['Vary', 'Accept-Encoding'],
        ...coding,
      ])
    }
  })

  test('prepared answers of a kind share their headers, of a hundred kinds at most', () => {
    const headersOf = (targetSeconds: number) =>
      preparedAnswer({ targetSeconds, text: Buffer.from('') }).headers
    expect(headersOf(8)).toBe(headersOf(8))
    for (let seconds = 1000; seconds < 1100; seconds++) headersOf(seconds)
    expect(headersOf(1099)).not.toBe(headersOf(1099))
    expect(headersOf(1099)).toEqual(
      headersOf(1098).map(([name, value]) => [name, name === 'Cache-Control' ? 'max-age=549' : value]),
    )
    const unshared = [type, ['Cache-Control', 'max-age=550'], ...cors, ['Vary', 'Accept-Encoding']]
    expect(headersOf(1100)).toEqual(unshared)
    const packed = preparedAnswer({ targetSeconds: 1100, isPacked: true, text: Buffer.from('') }).headers
    expect(packed).toEqual([...unshared, ['Content-Encoding', 'gzip']])
  })

  test('a text is packed only where that makes it shorter', () => {
    const same = multivariantAnswer('abc', (text) => text)
    expect(same.headers).toEqual([type, ['Cache-Control', 'no-store'], ...cors, ['Vary', 'Accept-Encoding']])
    expect([textOf(same), same.bytes]).toEqual(['abc', 3])
    const shorter = multivariantAnswer('abc', (text) => text.slice(1))
    expect(shorter.headers.at(-1)).toEqual(['Content-Encoding', 'gzip'])
    expect([textOf(shorter), shorter.bytes]).toEqual(['bc', 2])
  })

  test('a steering manifest is of one moment; without a server it is 404', () => {
    const answer = steeringAnswer('{}')
    const headers = Object.fromEntries(answer.headers)
    expect(headers).toMatchObject({ 'Cache-Control': 'no-store', 'Content-Type': 'application/json' })
    expect([answer.status, textOf(answer), answer.bytes]).toEqual([200, '{}', 2])
    expect(steeringAnswer(undefined)).toMatchObject({ status: 404 })
  })

  test.each([
    [404, 'max-age=1'],
    [503, 'no-store'],
  ])('an error %i is kept as %s says', (status, cache) => {
    const answer = errorAnswer(status, 'why', [['Retry-After', '1']])
    const headers = [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Cache-Control', cache],
      ...cors,
      ['Retry-After', '1'],
    ]
    expect(answer).toMatchObject({ status, headers, bytes: 4 })
    expect(textOf(answer)).toBe('why\n')
  })

  test('a segment is kept for ever, by caches of the listener alone where its mount asks who may listen', () => {
    const segment = { type: 'audio/aac', pieces: [Buffer.from('0123'), Buffer.from('456789')], bytes: 10 }
    const headersFor = (scope: string) => [
      ['Content-Type', 'audio/aac'],
      ['Cache-Control', `${scope}, max-age=3600, immutable`],
      ['Accept-Ranges', 'bytes'],
      ...cors,
    ]
    expect(segmentAnswer(segment, undefined)).toEqual({
      status: 200,
      headers: headersFor('public'),
      pieces: segment.pieces,
      bytes: 10,
    })
    expect(segmentAnswer(segment, undefined, true).headers).toEqual(headersFor('private'))
    expect(segmentAnswer({ ...segment, isPrivate: true }, undefined).headers).toEqual(headersFor('private'))
    expect(segmentAnswer(segment, undefined)).toBe(segmentAnswer(segment, undefined))
    const part = segmentAnswer(segment, 'bytes=2-5')
    expect(part).toMatchObject({
      status: 206,
      bytes: 4,
      headers: [...headersFor('public'), ['Content-Range', 'bytes 2-5/10']],
    })
    expect(textOf(part)).toBe('2345')
    expect(segmentAnswer(segment, 'bytes=10-')).toEqual({
      status: 416,
      headers: [
        ['Cache-Control', 'no-store'],
        ['Accept-Ranges', 'bytes'],
        ...cors,
        ['Content-Range', 'bytes */10'],
      ],
      pieces: [],
      bytes: 0,
    })
    expect(segmentAnswer(segment, 'lines=1-2')).toBe(segmentAnswer(segment, undefined))
  })
})
