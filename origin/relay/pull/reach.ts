import { isIP } from 'node:net'
import { isInside } from '../../../shared/draw/probe.ts'

/** The addresses of a name. */
export type LookUp = (host: string) => Promise<readonly string[]>

/** How far a relay may be led by what its master's list or an upstream's redirect says. */
export interface Reach {
  /** origin of the master or upstream that the operator named: it may be anywhere */
  configured: string
  /** whether the operator lets others lead relays to addresses on the inside */
  allowsInside: boolean
  lookUp: LookUp
}

/** The addresses that may be connected to, undefined where any may; or why none may. */
export type Checked = { addresses: readonly string[] | undefined } | { refused: string }

const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, '')

/** Whether this is a place that the operator named, or lets others name. */
export const isFree = (url: URL, { configured, allowsInside }: Reach): boolean =>
  allowsInside || url.origin === configured

/**
 * Checks where another server leads a relay: to an address on the inside (loopback, private, link-local) only where the
 * place that the operator named is on the inside itself, which is then its neighbourhood. Names count by their addresses.
 * @throws where a name cannot be looked up
 */
export async function checkReach(url: URL, reach: Reach): Promise<Checked> {
  if (isFree(url, reach)) return { addresses: undefined }
  const addresses = await addressesOf(url, reach.lookUp)
  const inside = addresses.find(isInside)
  if (inside === undefined) return { addresses }
  const neighbours = await addressesOf(new URL(reach.configured), reach.lookUp)
  if (neighbours.some(isInside)) return { addresses }
  return {
    refused: `led to ${url.host}, which is on the inside (${inside}); --relay-inside lets other servers lead there`,
  }
}

async function addressesOf(url: URL, lookUp: LookUp): Promise<readonly string[]> {
  const host = hostOf(url)
  return isIP(host) > 0 ? [host] : lookUp(host)
}
