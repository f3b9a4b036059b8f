import { describe, expect, test } from 'vitest'
import { limits } from '../../../shared/limits.ts'
import { parseStreamList, StreamListReader } from '../../../shared/report/stream-list.ts'

const read = (...pieces: readonly string[]) => {
  const reader = new StreamListReader()
  for (const piece of pieces) reader.push(piece)
  return reader.end()
}

describe('a line longer than its bound', () => {
  const long = limits.streamListLineLengthMax + 100
  test.each([
    ['blanks before a mount', `${' '.repeat(long)}/a`, ''],
    ['blanks behind a mount', `/a${' '.repeat(long)}x`, '/a'],
    ['blanks alone', '\t'.repeat(long), ''],
    ['a long name', `/${'a'.repeat(long)}`, `/${'a'.repeat(limits.streamListLineLengthMax - 1)}`],
  ])('is refused, however it is cut: %s', (_, line, refused) => {
    const expected = { entries: [{ mount: '/b', base: undefined }], refused: [refused], left: 0 }
    const text = `${line}\n/b\n`
    expect(parseStreamList(text)).toEqual(expected)
    expect(read(...text)).toEqual(expected)
    for (const at of [10, limits.streamListLineLengthMax, long])
      expect(read(text.slice(0, at), text.slice(at))).toEqual(expected)
  })
})
