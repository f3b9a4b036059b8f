import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HeadReader } from '../../../origin/http/head.ts'
import { KnownHeads } from '../../../origin/http/known-heads.ts'
import { limits } from '../../../origin/limits.ts'

const bytesOf = (text: string) => Buffer.from(text, 'latin1')
const lines = 'Host: radio.example:8000\r\nUser-Agent: player\r\nAccept-Encoding: gzip\r\n\r\n'
const asked = (path: string, rest = lines) => bytesOf(`GET ${path} HTTP/1.1\r\n${rest}`)

/** The headers of a head; undefined if it was left to the usual reader, or rejected. */
function headersOf(known: KnownHeads, bytes: Buffer) {
  const read = known.read(bytes)
  return read && 'head' in read ? read.head.headers : undefined
}

describe('the heads of players', () => {
  test('are parsed once, however many requests repeat the lines after the first', () => {
    const known = new KnownHeads()
    const made = new Set<unknown>()
    for (let i = 0; i < 1000; i++) made.add(headersOf(known, asked(`/hls/live.mp3/${i}.mp3?s=${i}`)))
    expect([made.size, known.size]).toEqual([1, 1])
  })

  test('are read as without this memory, the first time and again', () => {
    const piece = fc.constantFrom(
      ...[
        'GET ',
        'get ',
        ' ',
        '/',
        '/a?b=c',
        '/%',
        'http://h/x',
        ' HTTP/1.1',
        ' HTTP/1.0',
        ' ICE/1.0',
        '\r',
        '\n',
        '\r\n',
      ],
      ...[
        '\r\n\r\n',
        'Host: a',
        'Host: b',
        'Content-Length: 5',
        'Content-Length: x',
        'Transfer-Encoding: chunked',
        ' x',
        ':',
        '\0',
      ],
      ...[
        'Cookie: a',
        'Authorization: Basic YTpi',
        'PROXY TCP4 1.2.3.4 1.2.3.4 1 2',
        'x-forwarded-for: 1.2.3.4',
        '\u00ff',
      ],
    )
    const head = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''))
    const whole = fc.tuple(head, head).map(([first, more]) => `GET /${first} HTTP/1.1\r\n${more}\r\n\r\n`)
    const known = new KnownHeads()
    fc.assert(
      fc.property(fc.oneof(head, whole), (text) => {
        const bytes = bytesOf(text)
        const expected = new HeadReader().push(bytes)
        for (let i = 0; i < 2; i++) {
          const read = known.read(bytes)
          if (read) expect(read).toEqual(expected)
        }
      }),
    )
  })

  test('with another body or another request behind them are not remembered', () => {
    const known = new KnownHeads()
    known.read(Buffer.concat([asked('/a'), asked('/b')]))
    known.read(asked('/a', `${lines}body\r\n\r\n`))
    expect(known.size).toBe(0)
  })

  test('with a secret in them are not kept', () => {
    const known = new KnownHeads()
    for (const secret of ['Authorization: Basic YTpi', 'Cookie: a=b', 'Proxy-Authorization: Basic YTpi'])
      expect(headersOf(known, asked('/a', `${secret}\r\n${lines}`))).toBeDefined()
    expect(known.size).toBe(0)
  })

  test('are bounded: made-up lines replace the oldest, and long ones are not kept', () => {
    const known = new KnownHeads()
    for (let i = 0; i < limits.knownHeadsMax + 10; i++) known.read(asked('/a', `X: ${i}\r\n\r\n`))
    expect(known.size).toBe(limits.knownHeadsMax)
    const long = new KnownHeads()
    long.read(asked('/a', `X: ${'x'.repeat(limits.knownHeadBytesMax)}\r\n\r\n`))
    expect(long.size).toBe(0)
  })

  test('that are longer than a head may be are left to the reader that rejects them, whatever is remembered', () => {
    const known = new KnownHeads()
    known.read(asked('/a'))
    expect(known.read(asked(`/${'a'.repeat(limits.headBytesMax)}`))).toBeUndefined()
  })
})
