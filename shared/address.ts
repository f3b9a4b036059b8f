import ipaddr from 'ipaddr.js'

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** `::ffff:127.0.0.1` and `127.0.0.1` are one address; undefined where the text is none. */
function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  try {
    return ipaddr.process(text)
  } catch {
    return undefined // asking first whether it is valid would parse it twice
  }
}

export const isAddress = (text: string): boolean => ipaddr.isValid(text)

/** The kind of network an address is on; `unknown` where the text is no address. */
export const rangeOf = (address: string) => parse(address)?.range() ?? 'unknown'

export const isLoopback = (address: string) => rangeOf(address) === 'loopback'

/** Whether a host of a URL can only be reached from its own machine: loopback, unspecified, or `localhost`. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  const range = rangeOf(name)
  return range === 'loopback' || range === 'unspecified'
}

/** Reads `192.0.2.1` or `2001:db8::/32` into a block; throws with the text that is neither. */
export function parseBlock(text: string): Block {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  const address = parse(text)
  if (!address) throw new Error(`"${text}" is neither an address nor a CIDR block`)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/** Whether an address lies in one of the blocks. */
export function inBlocks(address: string, blocks: readonly Block[]): boolean {
  const parsed = blocks.length > 0 ? parse(address) : undefined
  if (!parsed) return false
  return blocks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits))
}

export type Blocks = readonly Block[]
