import { isIP } from 'node:net'
import { isInside } from '../../../shared/draw/probe.ts'

/** Looks up the addresses of a name. */
export type LookUp = (host: string) => Promise<readonly string[]>

/** How far a master's list or an upstream's redirect may lead a relay. */
export interface Reach {
  /** origin of the master or upstream that the operator configured: it may be anywhere */
  configured: string
  /** whether the operator allows other servers to lead relays to private addresses */
  allowsInside: boolean
  lookUp: LookUp
}

/** The addresses that may be connected to (undefined: any), or why none may. */
export type Checked = { addresses: readonly string[] | undefined } | { refused: string }

const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, '')

/** Whether this is an origin that the operator configured, or private addresses are allowed. */
export const isFree = (url: URL, { configured, allowsInside }: Reach): boolean =>
  allowsInside || url.origin === configured

/**
 * Checks a URL that another server leads a relay to: a private address (loopback, private, link-local) is allowed only
 * if the origin that the operator configured is itself at a private address. Names are judged by their addresses.
 * @throws if a name cannot be looked up
 */
export async function checkReach(url: URL, reach: Reach): Promise<Checked> {
  if (isFree(url, reach)) return { addresses: undefined }
  const addresses = await addressesOf(url, reach.lookUp)
  const inside = addresses.find(isInside)
  if (inside === undefined) return { addresses }
  const neighbours = await addressesOf(new URL(reach.configured), reach.lookUp)
  if (neighbours.some(isInside)) return { addresses }
  return {
    refused: `led to ${url.host}, a private address (${inside}); set --relay-inside to allow it`,
  }
}

async function addressesOf(url: URL, lookUp: LookUp): Promise<readonly string[]> {
  const host = hostOf(url)
  return isIP(host) > 0 ? [host] : lookUp(host)
}
