import ipaddr from 'ipaddr.js'
import { trimmedEnd } from '../trim.ts'

export type Address = ipaddr.IPv4 | ipaddr.IPv6
type Block = [Address, number]

/** `::ffff:127.0.0.1` and `127.0.0.1` are one address; undefined where the text is none. */
export function parseAddress(text: string): Address | undefined {
  try {
    // asking the library first what kind it is, or whether it is valid, would parse it twice
    return text.includes(':') ? ipaddr.process(text) : ipaddr.IPv4.parse(text)
  } catch {
    return undefined
  }
}

export type Family = 'ipv4' | 'ipv6'

const nat64 = ipaddr.IPv6.parse('64:ff9b::')

/**
 * The family that somebody with this address speaks; undefined where the text is no address. An IPv4 address that a socket or
 * a translator (NAT64, RFC 6052's prefix) wrapped in IPv6 is IPv4.
 */
export function familyOf(text: string | undefined): Family | undefined {
  if (text === undefined) return undefined
  // nearly all listeners are of one of these three, and need not be parsed
  if (!text.includes(':')) return /^[\d.]+$/.test(text) ? 'ipv4' : undefined
  if (text.startsWith('2')) return 'ipv6'
  if (text.startsWith('::ffff:') && text.includes('.')) return 'ipv4'
  const address = parseAddress(text)
  if (!address) return undefined
  return address.kind() === 'ipv4' || inBlocks(address, [[nat64, 96]]) ? 'ipv4' : 'ipv6'
}

const localRanges = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal', 'carrierGradeNat'])

/** Whether an address is of a network of one's own, where a machine commonly has both families. */
export const isLocal = (address: string): boolean => localRanges.has(rangeOf(address))

/**
 * The network that an address lies in, as text: its first so many bits (whole bytes), the rest 0. Undefined where the
 * text is no address.
 */
export function networkOf(text: string, bits: { ipv4: number; ipv6: number }): string | undefined {
  const address = parseAddress(text)
  if (!address) return undefined
  const kept = bits[address.kind()] / 8
  return ipaddr.fromByteArray(address.toByteArray().map((byte, i) => (i < kept ? byte : 0))).toString()
}

/** The kind of network an address is on; `unknown` where the text is no address. */
export const rangeOf = (address: string) => parseAddress(address)?.range() ?? 'unknown'

export const isLoopback = (address: string) => rangeOf(address) === 'loopback'

/** Whether a host of a URL can only be reached from its own machine: loopback, unspecified, or `localhost`. */
export function isLoopbackHost(host: string): boolean {
  // `localhost.` is the same name, from the root of all names
  const name = trimmedEnd(host.replace(/^\[|\]$/g, '').toLowerCase(), '.')
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  const range = rangeOf(name)
  return range === 'loopback' || range === 'unspecified'
}

/** Reads `192.0.2.1` or `2001:db8::/32` into a block; throws with the text that is neither. */
export function parseBlock(text: string): Block {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  const address = parseAddress(text)
  if (!address) throw new Error(`"${text}" is neither an address nor a CIDR block`)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/** Whether an address lies in one of the blocks. */
export const inBlocks = (address: Address, blocks: readonly Block[]): boolean =>
  blocks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))

export type Blocks = readonly Block[]
