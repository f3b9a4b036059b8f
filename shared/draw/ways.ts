import { type Family, familyOf } from '../http/address.ts'
import { type Mount, printMount } from '../mount.ts'
import type { Server } from './server.ts'

/**
 * How a listener came, as far as it decides which url of a server it can use: a listener by https needs an https url, and an
 * address literal works only for listeners of its family.
 */
export interface Way {
  secure: boolean
  /** of the listener's address; undefined if unknown: any url will do */
  family?: Family | undefined
}

const families: readonly (Family | undefined)[] = [undefined, 'ipv4', 'ipv6']

/** All ways, in the order of {@link wayIndex}. */
const ways: readonly Way[] = families.flatMap((family) => [
  { secure: false, family },
  { secure: true, family },
])

/** A way as a number from 0, so that a draw looks up its pool without an allocation. */
export const wayIndex = (secure: boolean, family: Family | undefined): number =>
  (family === undefined ? 0 : family === 'ipv4' ? 2 : 4) + (secure ? 1 : 0)

/** For each way, the url of a server that such a listener can use; undefined if there is none. */
export type Bases = readonly (string | undefined)[]

/**
 * The first url that fits each way: for an http listener the first http url, else https; for an https listener an https url
 * only.
 * @param isHere the listener is connected to that very server, so any family will do
 */
export function basesOf(urls: readonly string[], isHere: boolean): Bases {
  const known = urls.map((url) => ({ url, isTls: url.startsWith('https:'), family: familyOfUrl(url) }))
  return ways.map((way) => {
    const fitting = known.filter(({ family }) => isHere || !family || !way.family || family === way.family)
    const tls = fitting.find(({ isTls }) => isTls)
    return way.secure ? tls?.url : (fitting.find(({ isTls }) => !isTls) ?? tls)?.url
  })
}

/** The url of a mount at a given server: the first that fits the listener, else any. */
export function urlOf(mount: Mount, { report: { urls } }: Server, { secure, family }: Way): string {
  const bases = basesOf(urls, false)
  const base = bases[wayIndex(secure, family)] ?? bases[wayIndex(false, family)] ?? urls[0] ?? ''
  return base + printMount(mount)
}

/** Whether any url is an address literal: only then does the listener's address family matter. */
export const hasLiteral = (urls: readonly string[]): boolean =>
  urls.some((url) => familyOfUrl(url) !== undefined)

/** The family of a url whose host is an address; undefined if it is a name. */
function familyOfUrl(url: string): Family | undefined {
  const [, ipv6, ipv4] = /^https?:\/\/(?:\[([^\]]*)\]|([\d.]+)(?=[:/]|$))/.exec(url) ?? []
  // a url written with the NAT64 prefix can only be used over IPv6
  if (ipv6?.startsWith('64:ff9b::')) return 'ipv6'
  return familyOf(ipv6 ?? ipv4)
}
