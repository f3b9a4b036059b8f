import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { namedObject } from '../../../origin/hls/serve/named-object.ts'
import { HeadReader } from '../../../origin/http/head.ts'
import { RepeatedHead } from '../../../origin/http/repeated-head.ts'
import { limits } from '../../../origin/limits.ts'
import { parseHlsPath } from '../../../shared/hls/paths.ts'

const bytesOf = (text: string) => Buffer.from(text, 'latin1')
const tail = 'Host: radio.example:8000\r\nUser-Agent: player\r\nAccept-Encoding: gzip\r\n\r\n'
const asked = (path: string, rest = tail) => bytesOf(`GET ${path} HTTP/1.1\r\n${rest}`)
const first = asked('/hls/live.mp3/media.m3u8?s=AbCdEfGhIjKlMnOp')

function headIn(bytes: Buffer) {
  const read = new HeadReader().push(bytes)
  return read && 'head' in read && read.restAt === bytes.length ? read.head : undefined
}

/** The head to compare with, made of these bytes. */
function learned(bytes: Buffer): RepeatedHead {
  const head = headIn(bytes)
  const repeated = head && RepeatedHead.of(bytes, head)
  if (!repeated) throw new Error(`not learned: ${bytes}`)
  return repeated
}

/** The object that a head names which repeats another; undefined if it does not. */
function objectIn(known: RepeatedHead, bytes: Buffer) {
  const end = known.nameEndIn(bytes)
  return end < 0 ? undefined : namedObject(bytes, known.nameAt, end)
}

describe('a head that repeats another but for the name of its object', () => {
  test('is found without being read, with the number of its segment', () => {
    const known = learned(first)
    for (const number of [0, 7, 17, 441_000_123, 999_999_999_999_999])
      expect(objectIn(known, asked(`/hls/live.mp3/${number}.mp3?s=AbCdEfGhIjKlMnOp`))).toEqual({
        kind: 'segment',
        number,
        extension: 'mp3',
      })
    expect(objectIn(known, first)).toEqual({ kind: 'media' })
  })

  test('is another if one byte differs, is missing or is added anywhere else', () => {
    const known = learned(first)
    for (let at = 0; at < first.length; at++) {
      if (at >= known.nameAt && at < known.nameAt + 'media.m3u8'.length) continue
      const changed = Buffer.from(first)
      changed[at] = (changed[at] ?? 0) ^ 1
      const [before, after] = [first.subarray(0, at), first.subarray(at)]
      expect(objectIn(known, changed)).toBeUndefined()
      expect(objectIn(known, Buffer.concat([before, after.subarray(1)]))).toBeUndefined()
      expect(objectIn(known, Buffer.concat([before, bytesOf('x'), after]))).toBeUndefined()
    }
    expect(objectIn(known, Buffer.concat([first, first]))).toBeUndefined()
  })

  test('is read as it would be without this: the same headers and query, and the object of its path', () => {
    const name = fc.oneof(
      fc.constantFrom(
        'media.m3u8',
        '17.mp3',
        '017.mp3',
        '0.aac',
        '00.m4s',
        '9.mp4',
        '.mp3',
        '5',
        'init-3.mp4',
      ),
      fc.array(fc.constantFrom(...'0179/.?#%mpe3 \r\n-'), { maxLength: 20 }).map((parts) => parts.join('')),
      fc.bigInt({ min: 0n, max: 10n ** 18n }).map((number) => `${number}.mp3`),
    )
    const query = fc.constantFrom('', '?s=AbCdEfGhIjKlMnOp', '?a=/b&s=AbCdEfGhIjKlMnOp')
    fc.assert(
      fc.property(name, name, query, (one, other, asks) => {
        const base = asked(`/hls/live.mp3/${one}${asks}`)
        const head = headIn(base)
        const known = head && RepeatedHead.of(base, head)
        const bytes = asked(`/hls/live.mp3/${other}${asks}`)
        const object = known && objectIn(known, bytes)
        if (!head || !object) return
        const read = headIn(bytes)
        expect(read && [read.query, read.headers]).toEqual([head.query, head.headers])
        expect(parseHlsPath(read?.path ?? '')).toEqual({ mount: '/live.mp3', object })
      }),
    )
  })

  test('is not looked for where the first one was too long, or said its path in another way', () => {
    const said = { path: '/hls/live.mp3/media.m3u8', query: '' }
    for (const bytes of [
      asked('http://radio.example/hls/live.mp3/media.m3u8'),
      bytesOf(`GET  /hls/live.mp3/media.m3u8 HTTP/1.1\r\n${tail}`),
      bytesOf(`GET /hls/live.mp3/media.m3u8 HTTP/1.0\r\n${tail}`),
      bytesOf(`GET /hls/live.mp3/media.m3u8 HTTP/1.1\n${tail}`),
      bytesOf(`HEAD /hls/live.mp3/media.m3u8 HTTP/1.1\r\n${tail}`),
      asked('/alias/media.m3u8'),
      asked('/hls/live.mp3/media.m3u8', `X: ${'x'.repeat(limits.knownHeadBytesMax)}\r\n\r\n`),
    ])
      expect(RepeatedHead.of(bytes, said)).toBeUndefined()
  })

  test('has its own copy of the first one, whose memory may be used again', () => {
    const bytes = Buffer.from(first)
    const known = learned(bytes)
    bytes.fill(0)
    expect(objectIn(known, first)).toEqual({ kind: 'media' })
  })
})

test('bytes name the object that their text names, or are left to the reader of paths', () => {
  const name = fc.oneof(
    fc.array(fc.constantFrom(...'0123456789.mpacs48u-x'), { maxLength: 22 }).map((parts) => parts.join('')),
    fc
      .tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.constantFrom('mp3', 'aac', 'm4s', 'm3u8', 'mp33'))
      .map(([number, extension]) => `${number}.${extension}`),
  )
  fc.assert(
    fc.property(name, (text) => {
      const asks = parseHlsPath(`/hls/live.mp3/${text}`)?.object
      const expected = asks?.kind === 'media' || asks?.kind === 'segment' ? asks : undefined
      const bytes = bytesOf(`ab${text}cd`)
      expect(namedObject(bytes, 2, bytes.length - 2)).toEqual(expected)
    }),
  )
})
