import { isLoopbackHost, rangeOf } from '../http/address.ts'

/** The result of the decider's own connections to a server. */
export interface Probed {
  url: string
  /** why it is unreachable, in a few words; undefined: it answers */
  problem: string | undefined
}

/** The result of a connection to a server: an HTTP answer of any kind, or none. */
export type Outcome = 'answered' | 'silent'

/** consecutive connections without an answer after which a server is unreachable (docs/protocol.md#probing) */
const silencesMax = 3

/** other servers that must have answered before, for their silence to mean anything */
const othersMin = 2

/** Consecutive connections without an answer, and when the first of them was made. */
export interface Silence {
  count: number
  sinceMs: number
}

/**
 * A server's silence after one more connection, made at `atMs`; undefined if it answered.
 *
 * If no other server has answered either since it fell silent, the prober itself has probably lost its network: then the
 * count stays one below the maximum until a server answers. Marking all servers unreachable at once would help nobody.
 * @param othersHeardMs when each of the others last answered, -Infinity for never; ignored if they are too few
 * @param patienceMs for which its silence does not count yet, from its first connection without an answer
 */
export function silenceAfter(
  before: Silence | undefined,
  outcome: Outcome,
  atMs: number,
  othersHeardMs: Iterable<number>,
  patienceMs = 0,
): Silence | undefined {
  if (outcome === 'answered') return undefined
  const { count, sinceMs } = before ?? { count: 0, sinceMs: atMs }
  const isEarly = atMs - sinceMs < patienceMs
  const most = isEarly || isCutOff(othersHeardMs, sinceMs) ? Math.max(count, silencesMax - 1) : silencesMax
  return { count: Math.min(count + 1, most), sinceMs }
}

/** Whether the prober hears nobody: it goes through the others up to the first that it heard since. */
function isCutOff(othersHeardMs: Iterable<number>, sinceMs: number): boolean {
  let others = 0
  for (const heardMs of othersHeardMs) {
    if (heardMs >= sinceMs) return false
    others++
  }
  return others >= othersMin
}

export const isReachable = (silence: Silence | undefined): boolean =>
  silence === undefined || silence.count < silencesMax

/** Internal networks, which a report from outside must not make us scan; the last two contain an IPv4 address. */
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

/** Whether an address, or a name such as `localhost`, is internal. */
export const isInside = (host: string): boolean =>
  isLoopbackHost(host) || insideRanges.has(rangeOf(host.replace(/^\[|\]$/g, '')))

/** The first url of a server that may be probed; undefined if there is none. */
export const probedUrl = (urls: readonly string[]): string | undefined =>
  urls.find((url) => !isInside(new URL(url).hostname))
