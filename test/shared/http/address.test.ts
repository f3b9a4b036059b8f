import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Family,
  familyOf,
  holderOf,
  inBlocks,
  ipv4Number,
  isIn,
  isLocal,
  isLoopback,
  networkOf,
  parseAddress,
  parseBlock,
  parseBlocks,
  plainAddress,
  printedAddress,
  rangeOf,
} from '../../../shared/http/address.ts'

const ipv4 = fc.ipV4()
const odd = fc.oneof(
  fc.ipV4Extended(),
  fc.ipV6(),
  ipv4.map((address) => `::ffff:${address}`),
  fc.stringMatching(/^[0-9.]{0,17}$/),
  fc.constantFrom(
    '01.2.3.4',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1..2.3',
    '.1.2.3',
    '1.2.3.',
    '1.2.3.4 ',
    '0.0.0.0',
    '',
  ),
)

test('an IPv4 address in the usual spelling is read as a number, and nothing else is', () => {
  fc.assert(
    fc.property(fc.oneof(ipv4, odd), (text) => {
      const bytes = text.split('.').map(Number)
      const isUsual = bytes.length === 4 && bytes.join('.') === text && bytes.every((byte) => byte <= 255)
      expect(ipv4Number(text)).toBe(isUsual ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : -1)
    }),
  )
})

test('an address as text is in the blocks that the parsed one is in, and is printed the same way', () => {
  const bits = fc.integer({ min: 0, max: 32 })
  fc.assert(
    fc.property(fc.oneof(ipv4, odd), ipv4, bits, (text, network, size) => {
      const blocks = [parseBlock('2001:db8::/32'), parseBlock(`${network}/${size}`), parseBlock('::/1')]
      const parsed = parseAddress(text)
      expect(isIn(text, blocks)).toBe(parsed !== undefined && inBlocks(parsed, blocks))
      expect(printedAddress(text)).toBe(parsed?.toString())
      // a network that surely has it
      if (ipv4Number(text) >= 0) expect(isIn(text, [parseBlock(`${text}/${size}`)])).toBe(true)
    }),
  )
})

test('the network of an address is its first bytes, and a holder has one IPv4 address or a whole /64 of IPv6', () => {
  const bits = { ipv4: 24, ipv6: 64 }
  expect(networkOf('192.0.2.77', bits)).toBe('192.0.2.0')
  expect(networkOf('::ffff:192.0.2.77', bits)).toBe('192.0.2.0')
  expect(networkOf('2001:db8:1:2:3:4:5:6', bits)).toBe('2001:db8:1:2::')
  expect(networkOf('nonsense', bits)).toBeUndefined()
  expect(['192.0.2.77', '2001:db8::1', '2001:db8::ffff', '::nonsense', ''].map(holderOf)).toEqual([
    '192.0.2.77',
    '2001:db8::',
    '2001:db8::',
    '::nonsense',
    '',
  ])
})

test('a local network is one of a machine, a link, a house or a carrier', () => {
  for (const address of [
    '127.0.0.1',
    '::1',
    '10.1.2.3',
    '192.168.0.1',
    'fd00::1',
    'fe80::1',
    '169.254.0.1',
    '100.64.0.1',
  ])
    expect(isLocal(address), address).toBe(true)
  for (const address of ['192.0.2.1', '2001:db8::1', '', 'localhost'])
    expect(isLocal(address), address).toBe(false)
})

test('an address is written without the prefix of a socket for both families', () => {
  const written = ['::ffff:192.0.2.1', '::ffff:c000:201', '2001:db8::ffff:1.2.3.4', '192.0.2.1', undefined]
  expect(written.map(plainAddress)).toEqual([
    '192.0.2.1',
    '::ffff:c000:201',
    '2001:db8::ffff:1.2.3.4',
    '192.0.2.1',
    undefined,
  ])
})

test('blocks have commas and blanks between them, and an address alone is a block of one', () => {
  const blocks = parseBlocks(' 10.0.0.0/8,192.0.2.7 , 2001:db8::7\n')
  expect(blocks.map(([network, size]) => `${network}/${size}`)).toEqual([
    '10.0.0.0/8',
    '192.0.2.7/32',
    '2001:db8::7/128',
  ])
  expect(parseBlocks('')).toEqual([])
  expect(isIn('192.0.2.7', blocks)).toBe(true)
  expect(isIn('192.0.2.8', blocks)).toBe(false)
  expect(isIn('2001:db8::7', blocks)).toBe(true)
  expect(isIn('203.0.113.9', parseBlocks('0.0.0.0/0'))).toBe(true)
})

test.for<[string | undefined, Family | undefined]>([
  ['192.0.2.1', 'ipv4'],
  ['::ffff:192.0.2.1', 'ipv4'],
  ['::FFFF:c000:201', 'ipv4'],
  ['64:ff9b::192.0.2.1', 'ipv4'],
  ['64:ff9b::c000:201', 'ipv4'],
  ['0064:ff9b:0:0:0:0:c000:0201', 'ipv4'],
  ['64:ff9b:0:1::1', 'ipv6'],
  ['2001:db8::1', 'ipv6'],
  ['::1', 'ipv6'],
  ['fe80::1', 'ipv6'],
  ['::ffff:1', 'ipv6'],
  ['12::1.2.3.4', 'ipv6'],
  ['12.a', undefined],
  ['a.12', undefined],
  ['x:y', undefined],
  ['unknown', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s speaks %s', ([address, family]) => {
  expect(familyOf(address)).toBe(family)
})

test('a range is named, and loopback is one of them', () => {
  expect(['127.0.0.1', '10.0.0.1', 'nonsense'].map(rangeOf)).toEqual(['loopback', 'private', 'unknown'])
  expect(['127.0.0.1', '::1', '10.0.0.1', ''].map(isLoopback)).toEqual([true, true, false, false])
})
