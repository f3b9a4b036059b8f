import { type Address, type Blocks, inBlocks, parseAddress, parseBlock } from '../../shared/http/address.ts'
import { messageOf } from '../../shared/message-of.ts'
import { parseWildcard, type Wildcard } from '../lib/wildcard.ts'

/** Addresses of a list file. */
export interface AddressList {
  has(address: string): boolean
  /** lines that are not an address, by number from 1 */
  bad: readonly { line: number; why: string }[]
}

/** an address with wildcards: the characters of addresses, and `*` and `?` as in icecast-kh */
const wildcardPattern = /^[0-9a-fA-F.:*?]{1,45}$/

/**
 * Reads a list of addresses, one per line: full addresses as in Icecast, blocks like `192.0.2.0/24`, or wildcards like
 * `192.0.2.*`. Empty lines and text after `#` are ignored.
 */
export function parseAddressList(text: string): AddressList {
  const addresses = new Set<string>()
  const blocks: Blocks[number][] = []
  const patterns: Wildcard[] = []
  const bad: { line: number; why: string }[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*/, '').trim()
    if (line === '') continue
    const whole = parseAddress(line)
    if (whole) addresses.add(nameOf(whole))
    else if (/[*?]/.test(line) && wildcardPattern.test(line)) patterns.push(parseWildcard(line.toLowerCase()))
    else
      try {
        blocks.push(parseBlock(line))
      } catch (error) {
        bad.push({ line: index + 1, why: messageOf(error) })
      }
  }
  return { has: (address) => has(address, { addresses, blocks, patterns }), bad }
}

function has(
  text: string,
  { addresses, blocks, patterns }: { addresses: Set<string>; blocks: Blocks; patterns: Wildcard[] },
): boolean {
  const address = parseAddress(text)
  if (!address) return false
  const name = nameOf(address)
  return addresses.has(name) || inBlocks(address, blocks) || patterns.some((pattern) => pattern(name))
}

/** The canonical text of an address: `::1` for all its spellings. */
const nameOf = (address: Address) => address.toString()
