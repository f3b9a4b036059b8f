import type { LogRecord } from '@logtape/logtape'
import { describe, expect, test } from 'vitest'
import { addressWriter, cutAddress, hashAddress, withAddress } from '../../../origin/log/addresses.ts'
import { accessLine, errorLine, playlistLine } from '../../../origin/log/lines.ts'
import { printAccessTime, printArchiveTime, printErrorTime, wallTime } from '../../../origin/log/time.ts'

const momentMs = Date.UTC(2026, 10, 23, 1, 54, 14, 999)
const record = (properties: Record<string, unknown>, more: Partial<LogRecord> = {}): LogRecord => ({
  category: ['distributary', 'source'],
  level: 'info',
  message: ['source begins'],
  rawMessage: 'source begins',
  timestamp: momentMs,
  properties,
  ...more,
})
const anyTime = /\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}/
const listening = {
  address: '127.0.0.1',
  user: 'bob',
  method: 'GET',
  path: '/live.mp3',
  version: '1.1',
  referer: 'http://ref/',
  agent: 'pl/1',
  status: 200,
  bytes: 351_744,
  seconds: 20,
}

describe('the lines of Icecast 2.4', () => {
  test('access.log: Combined, followed by the seconds', () => {
    expect(accessLine(record(listening)).replace(anyTime, 'TIME')).toBe(
      '127.0.0.1 - bob [TIME] "GET /live.mp3 HTTP/1.1" 200 351744 "http://ref/" "pl/1" 20',
    )
  })

  test('access.log: an unknown value is a dash', () => {
    const unknown = { ...listening, user: undefined, referer: undefined, agent: undefined }
    expect(accessLine(record(unknown)).replace(anyTime, 'TIME')).toBe(
      '127.0.0.1 - - [TIME] "GET /live.mp3 HTTP/1.1" 200 351744 "-" "-" 20',
    )
  })

  test('docs/icecast.md#logs: no header and no path can begin another line, or end a field', () => {
    const evil = { ...listening, user: 'a b', path: '/"x', agent: 'a"\\b\r\nc\u00e9', referer: '\0' }
    expect(accessLine(record(evil)).replace(anyTime, 'TIME')).toBe(
      String.raw`127.0.0.1 - a\x20b [TIME] "GET /\"x HTTP/1.1" 200 351744 "\x00" "a\"\\b\x0d\x0ac\xe9" 20`,
    )
  })

  test('playlist.log: date, mount, listeners and title, in UTF-8 and on one line', () => {
    const title = { mount: '/live.mp3', listeners: 3, title: 'Jürgen | Straße\n2' }
    expect(playlistLine(record(title)).replace(anyTime, 'TIME')).toBe('TIME|/live.mp3|3|Jürgen | Straße 2')
  })

  test.each([
    ['debug', 'DBUG'],
    ['info', 'INFO'],
    ['warning', 'WARN'],
    ['error', 'EROR'],
  ] as const)('error.log: %s is %s', (level, word) => {
    const told = { mount: '/a "b"', count: 2, none: undefined, error: new Error('gone\n') }
    expect(errorLine(record(told, { level })).replace(/^\[[^\]]+\]/, '[TIME]')).toBe(
      String.raw`[TIME] ${word} distributary/source source begins mount="/a \"b\"" count=2 error="gone\n"`,
    )
  })

  test('error.log and playlist.log hold nothing that a terminal obeys or that ends a line, C1 codes too', () => {
    const agent = 'a\x1b[2J\x7f\x85\x9b31m\u2028b'
    expect(errorLine(record({ agent }, { message: [agent] })).replace(/^\[[^\]]+\]/, '[TIME]')).toBe(
      String.raw`[TIME] INFO distributary/source a [2J 31m b agent="a\u001b[2J\u007f\u0085\u009b31m\u2028b"`,
    )
    const told = { mount: agent, listeners: 1, title: 'b' }
    expect(playlistLine(record(told)).replace(anyTime, 'TIME')).toBe('TIME|a [2J 31m b|1|b')
  })

  test('times are local, with their offset from UTC', () => {
    const inDelhi = wallTime(momentMs, 330)
    expect(printAccessTime(inDelhi)).toBe('23/Nov/2026:07:24:14 +0530')
    expect(printErrorTime(inDelhi)).toBe('2026-11-23  07:24:14')
    expect(printArchiveTime(inDelhi)).toBe('20261123_072414')
    expect(printAccessTime(wallTime(momentMs, -210))).toBe('22/Nov/2026:22:24:14 -0330')
    expect(printAccessTime(wallTime(momentMs, 0))).toBe('23/Nov/2026:01:54:14 +0000')
  })
})

describe("listeners' addresses in the logs", () => {
  const key = Uint8Array.of(1, 2, 3)

  test.each([
    ['192.0.2.77', '192.0.2.0'],
    ['::ffff:192.0.2.77', '192.0.2.0'],
    ['2001:db8:1:2::3', '2001:db8:1::'],
    ['no address', ''],
  ])('cut: %s is %s', (address, cut) => {
    expect(cutAddress(address)).toBe(cut)
  })

  test('hashed: the same address has the same pseudonym, which depends on the key', () => {
    const name = hashAddress('192.0.2.77', key)
    expect(name).toMatch(/^[0-9a-f]{16}$/)
    expect(hashAddress('192.0.2.77', key)).toBe(name)
    expect(hashAddress('192.0.2.78', key)).not.toBe(name)
    expect(hashAddress('192.0.2.77', Uint8Array.of(4))).not.toBe(name)
  })

  test('a copy of each record with an address gets it written that way; the record itself is not changed', () => {
    const given = record(listening)
    const written = withAddress(given, addressWriter('cut'))
    expect(written.properties).toEqual({ ...listening, address: '127.0.0.0' })
    expect(given.properties).toEqual(listening)
    expect(withAddress(given, addressWriter('hashed', key)).properties.address).toBe(
      hashAddress('127.0.0.1', key),
    )
    expect(withAddress(given, addressWriter('plain'))).toEqual(given)
    const without = record({ mount: '/a' })
    expect(withAddress(without, addressWriter('cut'))).toBe(without)
  })
})
