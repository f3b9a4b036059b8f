import ipaddr from 'ipaddr.js'
import { trimmedEnd } from '../trim.ts'

export type Address = ipaddr.IPv4 | ipaddr.IPv6
type Block = [Address, number]

/** what an IPv4 address may be written with, octal and hexadecimal parts included */
const ipv4Characters = /^[\d.a-fx]+$/i

/** Parses an address; `::ffff:127.0.0.1` and `127.0.0.1` are the same. Undefined if the text is not an address. */
export function parseAddress(text: string): Address | undefined {
  // most hosts are names: the library would throw an error for each
  if (!text.includes(':') && !ipv4Characters.test(text)) return undefined
  try {
    // asking the library for its kind or validity first would parse it twice
    return text.includes(':') ? ipaddr.process(text) : ipaddr.IPv4.parse(text)
  } catch {
    return undefined
  }
}

/**
 * An IPv4 address as a number, if it is written in the usual way, as in `192.0.2.1`; -1 for everything else, which may still
 * be an address. It allocates nothing, unlike {@link parseAddress}: behind a proxy each listener has an address to be read.
 */
export function ipv4Number(text: string): number {
  let address = 0
  let byte = -1
  let bytes = 1
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit === dot && byte >= 0) {
      address = address * 256 + byte
      byte = -1
      bytes++
      continue
    }
    // a zero in front of other digits makes the byte octal to some programs
    if (digit < 0 || digit > 9 || byte === 0) return -1
    byte = byte < 0 ? digit : byte * 10 + digit
    if (byte > 255) return -1
  }
  return bytes === 4 && byte >= 0 ? address * 256 + byte : -1
}

const dot = '.'.charCodeAt(0) - 0x30

/** An address in the one way in which this program writes it; undefined if the text is not an address. */
export const printedAddress = (text: string): string | undefined =>
  ipv4Number(text) >= 0 ? text : parseAddress(text)?.toString()

/** An address without the prefix that IPv4 addresses have on a socket for IPv6 and IPv4. */
export const plainAddress = (address: string | undefined): string | undefined =>
  address?.replace(/^::ffff:(?=\d+\.)/, '')

export type Family = 'ipv4' | 'ipv6'

const nat64 = ipaddr.IPv6.parse('64:ff9b::')

/**
 * The family of an address; undefined if the text is not an address. An IPv4 address that a socket or a translator (NAT64,
 * with the prefix of RFC 6052) has mapped to IPv6 is IPv4.
 */
export function familyOf(text: string | undefined): Family | undefined {
  if (text === undefined) return undefined
  // nearly all listeners match one of these three, so their address need not be parsed
  if (!text.includes(':')) return /^[\d.]+$/.test(text) ? 'ipv4' : undefined
  if (text.startsWith('2')) return 'ipv6'
  if (text.startsWith('::ffff:') && text.includes('.')) return 'ipv4'
  const address = parseAddress(text)
  if (!address) return undefined
  return address.kind() === 'ipv4' || inBlocks(address, [[nat64, 96]]) ? 'ipv4' : 'ipv6'
}

const localRanges = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat'])

/** Whether an address belongs to a local network, where machines usually have both families. */
export const isLocal = (address: string): boolean => localRanges.has(rangeOf(address))

/**
 * The network of an address, as text: the first `bits` bits (whole bytes), the rest 0. Undefined if the text is not an
 * address.
 */
export function networkOf(text: string, bits: { ipv4: number; ipv6: number }): string | undefined {
  const address = parseAddress(text)
  if (!address) return undefined
  const kept = bits[address.kind()] / 8
  return ipaddr.fromByteArray(address.toByteArray().map((byte, i) => (i < kept ? byte : 0))).toString()
}

/** The holder of an address: a client has a single IPv4 address, or a whole /64 of IPv6. */
export const holderOf = (address: string): string =>
  address.includes(':') ? (networkOf(address, { ipv4: 32, ipv6: 64 }) ?? address) : address

/** The kind of network that an address belongs to; `unknown` if the text is not an address. */
export const rangeOf = (address: string) => parseAddress(address)?.range() ?? 'unknown'

export const isLoopback = (address: string) => rangeOf(address) === 'loopback'

/** Whether the host of a URL can only be reached from its own machine: loopback, unspecified, or `localhost`. */
export function isLoopbackHost(host: string): boolean {
  // `localhost.` is the same name, fully qualified
  const name = trimmedEnd(host.replace(/^\[|\]$/g, '').toLowerCase(), '.')
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  const range = rangeOf(name)
  return range === 'loopback' || range === 'unspecified'
}

/** Parses `192.0.2.1` or `2001:db8::/32` into a block; throws an error with the text if it is neither. */
export function parseBlock(text: string): Block {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  const address = parseAddress(text)
  if (!address) throw new Error(`"${text}" is neither an address nor a CIDR block`)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/** Parses addresses and blocks with commas or spaces between them. @throws as {@link parseBlock} */
export const parseBlocks = (text: string): Block[] =>
  text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(parseBlock)

/** Whether one of the blocks contains the address. */
export const inBlocks = (address: Address, blocks: readonly Block[]): boolean =>
  blocks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))

export type Blocks = readonly Block[]

/** The same for an address as text; false if it is not one. */
export function isIn(text: string, blocks: Blocks): boolean {
  const number = ipv4Number(text)
  if (number >= 0) return blocks.some(([network, bits]) => isInIpv4(number, network, bits))
  const address = parseAddress(text)
  return address !== undefined && inBlocks(address, blocks)
}

function isInIpv4(address: number, network: Address, bits: number): boolean {
  if (!('octets' in network)) return false
  const [a = 0, b = 0, c = 0, d = 0] = network.octets
  // a shift by 32 bits would shift by none
  return bits === 0 || (address ^ ((a << 24) | (b << 16) | (c << 8) | d)) >>> (32 - bits) === 0
}
