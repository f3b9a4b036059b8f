import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FirstBytes, isProxyLine, ProxyHeaderReader } from '../../../shared/http/proxy-protocol.ts'
import { limits } from '../../../shared/limits.ts'
import { binaryProxyHeader, tlsRecord } from '../../kit/wire/proxy-header.ts'

/** What a reader makes of these pieces; undefined if it waits for more after the last. Pieces after the result are the rest. */
function readAll(pieces: readonly Uint8Array[]): FirstBytes | undefined {
  const reader = new ProxyHeaderReader()
  for (const [i, piece] of pieces.entries()) {
    const read = reader.push(piece)
    if (!read) continue
    return read.is === 'bad'
      ? read
      : { ...read, rest: new Uint8Array(Buffer.concat([read.rest, ...pieces.slice(i + 1)])) }
  }
  return undefined
}
const readText = (text: string) => readAll([Buffer.from(text, 'latin1')])
const restOf = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const proxied = (address: string, secure: boolean, rest = '') => ({
  is: 'proxied',
  client: { address, secure },
  rest: restOf(rest),
})
const nobody = (rest = '') => ({ is: 'proxied', client: undefined, rest: restOf(rest) })
const get = 'GET / HTTP/1.1\r\n\r\n'

describe('a PROXY line', () => {
  test.each<[string, string, unknown]>([
    [
      'names an IPv4 client',
      `PROXY TCP4 192.0.2.9 198.51.100.1 56324 8000\r\n${get}`,
      proxied('192.0.2.9', false, get),
    ],
    ['names an IPv6 client', 'PROXY TCP6 2001:db8::9 ::1 1 2\r\n', proxied('2001:db8::9', false)],
    ['names an IPv4 client by IPv6', 'PROXY TCP6 ::ffff:192.0.2.9 ::1 1 2\r\n', proxied('192.0.2.9', false)],
    ['to port 443 means https', 'PROXY TCP4 192.0.2.9 198.51.100.1 1 443\r\n', proxied('192.0.2.9', true)],
    ['may know no client', 'PROXY UNKNOWN\r\n', nobody()],
    ['may tell of what it does not know', `PROXY UNKNOWN ffff::1 ::2 1 2\r\n${get}`, nobody(get)],
  ])('%s', (_, text, read) => expect(readText(text)).toEqual(read))

  test.each([
    'PROXY TCP4 2001:db8::9 ::1 1 2\r\n',
    'PROXY TCP6 192.0.2.9 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n',
    'PROXY TCP4 0300.0.2.9 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2.9 198.51.100.1 1 65536\r\n',
    'PROXY TCP4 192.0.2.9 198.51.100.1 1 2\n',
    'PROXY TCP4  192.0.2.9 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2.9\r\n',
    'PROXY UDP4 192.0.2.9 198.51.100.1 1 2\r\n',
    'PROXY / HTTP/1.1\r\n',
    `PROXY UNKNOWN ${'x'.repeat(limits.proxyLineBytesMax)}`,
  ])('that is malformed or too long is bad: %j', (text) =>
    expect(readText(text)).toMatchObject({ is: 'bad' }),
  )

  test('may have 107 bytes, and not one more', () => {
    const filled = (length: number) => `${'PROXY UNKNOWN '.padEnd(length - 2, 'x')}\r\n`
    expect(readText(filled(107))).toEqual(nobody())
    expect(readText(filled(108))).toMatchObject({ is: 'bad' })
  })
})

describe('a PROXY header of version 2', () => {
  const ipv6 = [
    0x20,
    0x01,
    0x0d,
    0xb8,
    ...Array<number>(11).fill(0),
    9,
    ...Array<number>(15).fill(0),
    1,
    0,
    1,
    1,
    187,
  ]
  test.each<[string, Buffer, unknown]>([
    ['names an IPv4 client', binaryProxyHeader(), proxied('192.0.2.9', false)],
    [
      'names an IPv6 client',
      binaryProxyHeader({ family: 0x21, addresses: ipv6 }),
      proxied('2001:db8::9', true),
    ],
    [
      'tells that the client used TLS',
      binaryProxyHeader({ records: [[0x04, 0, 0], tlsRecord] }),
      proxied('192.0.2.9', true),
    ],
    [
      'tells that the client did not, whatever the port',
      binaryProxyHeader({ family: 0x21, addresses: ipv6, records: [[0x20, 0, 0, 0, 0, 0]] }),
      proxied('2001:db8::9', false),
    ],
    ['may be about a check by the proxy itself', binaryProxyHeader({ command: 0x20 }), nobody()],
    ['may name a socket without an address', binaryProxyHeader({ family: 0x31 }), nobody()],
    ['is bad in a version to come', binaryProxyHeader({ command: 0x31 }), { is: 'bad' }],
    ['is bad with an unknown command', binaryProxyHeader({ command: 0x22 }), { is: 'bad' }],
    ['is bad where addresses are cut', binaryProxyHeader({ addresses: [192, 0, 2] }), { is: 'bad' }],
    [
      'is bad where a record is longer than the header',
      binaryProxyHeader({ records: [[0x20, 1, 0, 0, 0, 0]], length: 18 }),
      { is: 'bad' },
    ],
    [
      'is bad if it announces more than the bound',
      binaryProxyHeader({ length: limits.proxyHeaderBytesMax }),
      { is: 'bad' },
    ],
  ])('%s', (_, bytes, read) => expect(readAll([bytes])).toMatchObject(read as object))

  test('may be as long as the bound', () => {
    const padding = limits.proxyHeaderBytesMax - binaryProxyHeader().length - 3
    const header = binaryProxyHeader({ records: [[0x04, ...Array<number>(padding).fill(0)]] })
    expect(header).toHaveLength(limits.proxyHeaderBytesMax)
    expect(readAll([header, restOf(get)])).toEqual(proxied('192.0.2.9', false, get))
  })
})

test('first bytes that are not a PROXY header are those of the request', () => {
  for (const text of [get, 'PUT / HTTP/1.1\r\n', 'PROPFIND / HTTP/1.1\r\n', `\r\n\r\n${get}`, '\x16\x03\x01'])
    expect(readText(text)).toEqual({ is: 'request', rest: restOf(text) })
  for (const text of ['', 'P', 'PROXY', 'PROXY ', 'PROXY TCP4 192', '\r\n\r\n', '\r\n\r\n\0\r\nQUIT\n\x21'])
    expect(readText(text), JSON.stringify(text)).toBeUndefined()
})

test('the first bytes, cut anywhere, are read the same', () => {
  const record = fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 20 }))
  const binary = fc
    .record({
      command: fc.constantFrom(0x21, 0x20, 0x22),
      family: fc.constantFrom(0x11, 0x21, 0, 0x31, 0x12),
      addresses: fc
        .constantFrom(12, 36, 5)
        .chain((length) => fc.array(fc.nat(255), { minLength: length, maxLength: length })),
      records: fc.array(record, { maxLength: 4 }),
    })
    .map(({ records, ...header }) =>
      binaryProxyHeader({
        ...header,
        records: records.map(([type, content]) => [type, ...content] as const),
      }),
    )
  const word = fc.constantFrom(
    'PROXY ',
    'TCP4 ',
    'TCP6 ',
    'UNKNOWN',
    '192.0.2.9 ',
    '::1 ',
    '1 ',
    '443',
    '\r\n',
    ' ',
    'x',
  )
  const text = fc.array(word, { maxLength: 30 }).map((words) => Buffer.from(words.join('')))
  const first = fc.oneof(binary, text, fc.uint8Array({ maxLength: 40 }))
  fc.assert(
    fc.property(first, fc.string(), fc.array(fc.nat(4200), { maxLength: 6 }), (header, rest, cuts) => {
      const whole = Buffer.concat([header, Buffer.from(rest)])
      const at = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length]
      const pieces = at.slice(1).map((end, i) => whole.subarray(at[i], end))
      const bytes = [...whole].map((byte) => Uint8Array.of(byte))
      const read = readAll([whole])
      const plain = read && { ...read, ...('rest' in read && { rest: new Uint8Array(read.rest) }) }
      expect(readAll(pieces)).toEqual(plain)
      expect(readAll(bytes)).toEqual(plain)
    }),
  )
})

test('ports of a PROXY line go up to 65535, and a record without content says nothing of TLS', () => {
  expect(readText('PROXY TCP4 192.0.2.9 198.51.100.1 65535 65535\r\n')).toEqual(proxied('192.0.2.9', false))
  expect(readText('PROXY TCP6 2001:db8::9 192.0.2.1 1 2\r\n')).toMatchObject({ is: 'bad' })
  expect(readAll([binaryProxyHeader({ records: [[0x20]] })])).toEqual(proxied('192.0.2.9', false))
  expect(readAll([binaryProxyHeader({ records: [[0x04, 1]] })])).toEqual(proxied('192.0.2.9', false))
  expect(readAll([binaryProxyHeader({ records: [[0x04, 1], tlsRecord] })])).toEqual(
    proxied('192.0.2.9', true),
  )
})

test('a line begins as a PROXY line does only at its begin', () => {
  expect(['PROXY TCP4 ', 'PROXY UNKNOWN', 'PROXY TCP6\r\n'].map(isProxyLine)).toEqual([true, true, true])
  expect([' PROXY TCP4', 'PROXY UDP4', 'PROXY TCP40', 'GET PROXY UNKNOWN'].map(isProxyLine)).toEqual(
    Array(4).fill(false),
  )
})

test('what comes with the end of a PROXY header is all there, however long it is', () => {
  const body = 'x'.repeat(2 * limits.proxyHeaderBytesMax)
  for (const header of [Buffer.from('PROXY UNKNOWN\r\n'), binaryProxyHeader({ command: 0x20 })]) {
    const pieces = [header.subarray(0, 3), Buffer.concat([header.subarray(3), Buffer.from(body)])]
    expect(readAll(pieces)).toEqual(nobody(body))
  }
})

test('a record of TLS without content leaves it to the port', () => {
  const ipv4 = [192, 0, 2, 9, 198, 51, 100, 1, 1, 2, 443 >> 8, 443 & 255]
  expect(readAll([binaryProxyHeader({ addresses: ipv4, records: [[0x20]] })])).toEqual(
    proxied('192.0.2.9', true),
  )
  expect(readAll([binaryProxyHeader({ addresses: ipv4, records: [[0x20, 0]] })])).toEqual(
    proxied('192.0.2.9', false),
  )
})
