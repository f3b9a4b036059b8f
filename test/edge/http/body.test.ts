import { describe, expect, test } from 'vitest'
import { BodyReader } from '../../../edge/http/body.ts'
import type { BodyFraming } from '../../../edge/http/head.ts'
import { httpLimits } from '../../../edge/http/limits.ts'
import { Gathered } from '../../../shared/http/gathered.ts'

/** The result of a reader for bytes that arrive in pieces of this size. */
function readAll(framing: BodyFraming, text: string, size: number) {
  const reader = new BodyReader(framing)
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += size) {
    const read = reader.push(bytes.subarray(at, at + size))
    if (!read) continue
    return {
      ...read,
      ...('end' in read && { end: at + read.end }),
      text: Buffer.from(reader.bytes).toString('latin1'),
    }
  }
  return undefined
}
const sizes = [1, 2, 3, 7, 1000]

describe('a body', () => {
  test.each(sizes)('of so many bytes ends behind them, in pieces of %i', (size) => {
    expect(readAll({ length: 5 }, 'hellorest', size)).toEqual({ text: 'hello', end: 5 })
    expect(readAll({ length: 10 }, 'hellorest', size)).toBeUndefined()
  })

  test.each(sizes)('in chunks ends behind the fields that follow the last, in pieces of %i', (size) => {
    const chunks = '5;name=value\r\nhello\r\n00A \n, chunked!\n0\r\nTrailer: x\r\n\r\n'
    expect(readAll('chunked', `${chunks}rest`, size)).toEqual({ text: 'hello, chunked!', end: chunks.length })
  })

  test.each([
    ['no size', 'hello\r\n'],
    ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
    ['a size in hexadecimal of another kind', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a size beyond all numbers', 'fffffffff\r\n'],
    ['a chunk that is longer than it says', '4\r\nhello\r\n0\r\n\r\n'],
    ['an extension without end', `5;${'x'.repeat(httpLimits.chunkLineMax)}`],
  ])('in chunks is rejected with %s', (_, text) => {
    for (const size of sizes) expect(readAll('chunked', text, size), `${size}`).toMatchObject({ status: 400 })
  })

  test('is rejected with endless trailer fields after it', () => {
    const text = `0\r\n${`A: ${'b'.repeat(500)}\r\n`.repeat(20)}`
    expect(readAll('chunked', text, 100)).toMatchObject({ status: 431 })
  })

  test('that is too large is read up to the bound and one byte', () => {
    const text = 'x'.repeat(httpLimits.bodyBytesMax + 5)
    for (const framing of [{ length: text.length }, 'chunked'] as const) {
      const sent = framing === 'chunked' ? `${text.length.toString(16)}\r\n${text}` : text
      const read = readAll(framing, sent, 65_536)
      expect(read).toMatchObject({ large: true })
      expect(read?.text).toHaveLength(httpLimits.bodyBytesMax)
    }
  })
})

test('pieces are copied into one buffer, which grows by doubling: n bytes one by one cost fewer than 2 n copied again', () => {
  const n = 100_000
  const gathered = new Gathered(n)
  const piece = new Uint8Array(65_536).subarray(7, 8)
  const buffers = new Set<ArrayBuffer>()
  for (let i = 0; i < n; i++) {
    gathered.add(piece)
    buffers.add(gathered.bytes.buffer)
  }
  expect(gathered.add(piece)).toBe(0)
  const copied = [...buffers].slice(0, -1).reduce((sum, buffer) => sum + buffer.byteLength, 0)
  expect(copied).toBeLessThan(2 * n)
  expect(gathered.bytes.buffer.byteLength).toBe(n)
  expect(buffers).not.toContain(piece.buffer)
})
