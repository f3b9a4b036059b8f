import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  inBlocks,
  ipv4Number,
  isIn,
  parseAddress,
  parseBlock,
  printedAddress,
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
