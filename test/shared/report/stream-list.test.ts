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

describe('a stream list', () => {
  test('keeps as many mounts as a report may have, those known before others, and counts the rest', () => {
    const reader = new StreamListReader((mount) => mount.startsWith('/known'))
    const { reportMountsMax } = limits
    for (let i = 0; i < reportMountsMax + 5; i++) reader.push(`/a${i}\n`)
    // what there is no room for is not remembered, so it counts each time
    reader.push(`/a${reportMountsMax + 4}\n`)
    reader.push('/a0\n/known1\n/known2\nhttp://m:8000/a0\n')
    const { entries, left } = reader.end()
    expect(entries).toHaveLength(reportMountsMax)
    expect(entries.slice(0, 3).map(({ mount }) => mount)).toEqual(['/known1', '/known2', '/a0'])
    // six beyond the bound, one of another server, and two that known ones displaced
    expect(left).toBe(9)
  })

  test('keeps no more than that where all of them are known', () => {
    const reader = new StreamListReader(() => true)
    for (let i = 0; i <= limits.reportMountsMax; i++) reader.push(`/a${i}\n`)
    const { entries, left } = reader.end()
    expect([entries.length, left]).toEqual([limits.reportMountsMax, 1])
  })

  test('has a mount once for each server that it names, with the prefix of icecast-kh or without', () => {
    const lines = ['/a', 'http://m/a', 'http://n/a', '/admin/streams?mount=/b', 'http://m:80/a', '/b', '/a']
    const { entries, refused } = parseStreamList(lines.join('\n'))
    expect(entries.map(({ base, mount }) => `${base ?? ''}${mount}`)).toEqual([
      '/a',
      'http://m/a',
      'http://n/a',
      '/b',
    ])
    expect(refused).toEqual([])
  })

  test('tells the first ten lines that are not mounts', () => {
    const { refused } = parseStreamList(Array.from({ length: 15 }, (_, i) => `bad${i}\n`).join(''))
    expect(refused).toEqual(Array.from({ length: 10 }, (_, i) => `bad${i}`))
  })

  test.each([
    'x/a',
    'x http://m/a',
    'xhttps://m:8000/a',
    'http://m:99999/a',
    '/a/admin/streams?mount=/b',
    '/b#/admin/streams?mount=/c',
  ])('has no entry for %s that another path names', (line) => {
    const { entries, refused } = parseStreamList(line)
    expect([entries.map(({ mount }) => mount), refused]).toEqual(
      line === '/b#/admin/streams?mount=/c' ? [['/b'], []] : [[], [line]],
    )
  })

  test('may begin with an empty line, and have a line of exactly its bound', () => {
    expect(parseStreamList('\n/a\n/b').entries).toHaveLength(2)
    const { streamListLineLengthMax: bound } = limits
    expect(parseStreamList('/a'.padEnd(bound)).entries).toHaveLength(1)
    expect(parseStreamList('/a'.padEnd(bound + 1)).entries).toHaveLength(0)
  })
})
