import { isLoopbackHost, rangeOf } from './address.ts'

/** What came of a connection to a server: an HTTP answer of any kind, or none. */
export type Outcome = 'answered' | 'silent'

/** connections in a row without an answer, after which a server is unreachable (contract §3, PROBE) */
const silencesMax = 3

/** How many connections in a row went without an answer, after one more. */
export const silencesAfter = (silences: number, outcome: Outcome): number =>
  outcome === 'answered' ? 0 : Math.min(silences + 1, silencesMax)

export const isReachable = (silences: number): boolean => silences < silencesMax

/** Networks on the inside, of which a report from outside must not make us a scout; the last two wrap an IPv4 address. */
const insideRanges = new Set([
  'loopback',
  'unspecified',
  'private',
  'uniqueLocal',
  'carrierGradeNat',
  'linkLocal',
  'rfc6052',
  '6to4',
])

/** Whether an address, or a name that says so itself, is on the inside. */
export const isInside = (host: string): boolean =>
  isLoopbackHost(host) || insideRanges.has(rangeOf(host.replace(/^\[|\]$/g, '')))

/** The first url of a server that may be probed; undefined where none may. */
export const probedUrl = (urls: readonly string[]): string | undefined =>
  urls.find((url) => !isInside(new URL(url).hostname))
