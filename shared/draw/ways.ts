import { type Family, familyOf } from '../http/address.ts'

/**
 * How a listener came, as far as it bears on which url of a server it can follow: by https it wants https, and an address
 * literal is of use only to those who speak its family.
 */
export interface Way {
  secure: boolean
  /** of the listener's address; undefined: not known, and every url will do */
  family: Family | undefined
}

const families: readonly (Family | undefined)[] = [undefined, 'ipv4', 'ipv6']

/** All ways, in the order of {@link wayIndex}. */
const ways: readonly Way[] = families.flatMap((family) => [
  { secure: false, family },
  { secure: true, family },
])

/** A way as a number from 0, so that a draw finds what is held for it without making anything. */
export const wayIndex = (secure: boolean, family: Family | undefined): number =>
  (family === undefined ? 0 : family === 'ipv4' ? 2 : 4) + (secure ? 1 : 0)

/** For each way the url of a server by which a listener reaches it, undefined where there is none. */
export type Bases = readonly (string | undefined)[]

/**
 * The first url that fits, for each way: an http listener's is the first http url, else https; an https listener's has to be
 * https.
 * @param isHere the listener is talking to that very server, so that every url will do
 */
export function basesOf(urls: readonly string[], isHere: boolean): Bases {
  const known = urls.map((url) => ({ url, isTls: url.startsWith('https:'), family: familyOfUrl(url) }))
  return ways.map((way) => {
    const fitting = known.filter(({ family }) => isHere || !family || !way.family || family === way.family)
    const tls = fitting.find(({ isTls }) => isTls)
    return way.secure ? tls?.url : (fitting.find(({ isTls }) => !isTls) ?? tls)?.url
  })
}

/** Whether any url is an address literal: only then it counts by which family a listener comes. */
export const hasLiteral = (urls: readonly string[]): boolean =>
  urls.some((url) => familyOfUrl(url) !== undefined)

/** The family of a url whose host is an address; undefined where it is a name. */
function familyOfUrl(url: string): Family | undefined {
  const [, ipv6, ipv4] = /^https?:\/\/(?:\[([^\]]*)\]|([\d.]+)(?=[:/]|$))/.exec(url) ?? []
  // a server behind NAT64 has two addresses, a url that is written with the prefix is of use over IPv6 alone
  if (ipv6?.startsWith('64:ff9b::')) return 'ipv6'
  return familyOf(ipv6 ?? ipv4)
}
