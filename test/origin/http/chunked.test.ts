import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChunkError, ChunkedDecoder } from '../../../origin/http/chunked.ts'
import { repetitions } from '../../kit/base/repetitions.ts'

const bytesOf = (text: string) => Buffer.from(text, 'latin1')

/** The result of a decoder for these pieces. */
function decode(...pieces: Uint8Array[]): { data: string; done: boolean } {
  const data: Uint8Array[] = []
  const decoder = new ChunkedDecoder((bytes) => data.push(Uint8Array.from(bytes)))
  for (const piece of pieces) decoder.push(piece)
  return { data: Buffer.concat(data).toString('latin1'), done: decoder.done }
}
const cut = (bytes: Uint8Array, size: number) => {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return pieces
}

describe('a chunked body', () => {
  test('is its data, without the sizes', () => {
    expect(decode(bytesOf('4\r\nwave\r\n5;x="y"\r\nlengt\r\n1\r\nh\r\n0\r\n\r\nignored'))).toEqual({
      data: 'wavelength',
      done: true,
    })
  })

  test('may have trailers, upper-case sizes and bare LF', () => {
    expect(decode(bytesOf('A\n0123456789\n0\nTrailer: x\n\n'))).toEqual({ data: '0123456789', done: true })
  })

  test('continues until its last chunk', () => expect(decode(bytesOf('1\r\na\r\n')).done).toBe(false))

  test.each([
    ['letters for a size', 'x\r\n'],
    ['a size below 0', '-1\r\n'],
    ['no size', '\r\n'],
    ['a size with a prefix', '0x10\r\n'],
    ['a chunk of 4 GiB', 'ffffffff\r\n'],
    ['a chunk longer than its size', '2\r\nabc\r\n'],
    ['an endless size line', `1;${'x'.repeat(5000)}`],
    ['endless trailers', `0\r\n${'t: x\r\n'.repeat(1100)}`],
  ])('with %s is an error', (_, text) => {
    expect(() => decode(bytesOf(text))).toThrow(ChunkError)
  })

  test('is the same however it is split', () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 })
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 30 }), (data, size) => {
        const framed = data.map((bytes) =>
          Buffer.concat([bytesOf(`${bytes.length.toString(16)}\r\n`), bytes, bytesOf('\r\n')]),
        )
        const body = Buffer.concat([...framed, bytesOf('0\r\n\r\n')])
        const whole = { data: Buffer.concat(data).toString('latin1'), done: true }
        expect(decode(...cut(body, size))).toEqual(whole)
      }),
    )
  })

  test('of any bytes is data or an error, the same however it is split', () => {
    const result = (...pieces: Uint8Array[]) => {
      try {
        return decode(...pieces)
      } catch (error) {
        if (error instanceof ChunkError) return 'an error'
        throw error
      }
    }
    const piece = fc.constantFrom('1', 'a', '\r\n', '\n', ';', 'xyz', '0\r\n', '10\r\n')
    const text = fc.array(piece, { maxLength: 20 }).map((pieces) => bytesOf(pieces.join('')))
    fc.assert(
      fc.property(
        fc.oneof(text, fc.uint8Array({ maxLength: 100 })),
        fc.integer({ min: 1, max: 5 }),
        (bytes, size) => {
          expect(result(...cut(bytes, size))).toEqual(result(bytes))
        },
      ),
      { numRuns: repetitions(1000) },
    )
  })
})
