import { isLoopbackHost, rangeOf } from '../http/address.ts'

/** What is known of a server by the decider's own connections to it. */
export interface Probed {
  url: string
  /** why it is out as unreachable, in a few words; undefined: it answers */
  problem: string | undefined
}

/** What came of a connection to a server: an HTTP answer of any kind, or none. */
export type Outcome = 'answered' | 'silent'

/** connections in a row without an answer, after which a server is unreachable (docs/protocol.md#probing) */
const silencesMax = 3

/** other servers that must have been heard some time, for their silence to tell anything */
const othersMin = 2

/** Connections in a row that went without an answer, and when the first of them was made. */
export interface Silence {
  count: number
  sinceMs: number
}

/**
 * A server's silence after one more connection, made at `atMs`; undefined where it answered.
 *
 * Where nobody else has been heard either since it fell silent, it is the prober that has lost its way out: then it
 * stays one short of what would put it out, until somebody is heard. What puts all servers out at once helps nobody.
 * @param othersHeardMs when each of the others that ever answered was last heard; of too few nothing can be told
 * @param patienceMs for which its silence tells nothing yet, counted from its first connection without an answer
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
