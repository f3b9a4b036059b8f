import { scan } from './scan.ts'

/** bytes that must agree before two streams are considered the same: more than a frame of digital silence */
export const agreementBytesMin = 1024

/**
 * Result of examining a burst: the offset where it continues, the bytes needed for another look, or 'unsure' until it
 * is complete.
 */
export type Look = { at: number } | { needs: number } | 'unsure'

/**
 * Finds, in the first bytes of a new connection, where the bytes after `tail` begin; `tail` is the newest part of the
 * old connection. Listeners that get `head` from there hear neither a gap nor a repetition.
 *
 *   tail  [ … a b c d e f ]
 *   head        [ c d e f g h … ]   → the offset of g
 *
 * Both begin anywhere in the audio; the first `from` bytes of `head` are not audio. The burst is still arriving: an
 * offset is returned only if it is unambiguous, that is, the burst's beginning occurs once in `tail`.
 */
export function lookFor(tail: Uint8Array, head: Uint8Array, from: number): Look {
  const key = head.subarray(from, from + agreementBytesMin)
  if (key.length < agreementBytesMin) return { needs: from + agreementBytesMin }
  const { first, count } = scan(key, tail)
  if (count !== 1) return 'unsure'
  const end = from + tail.length - first
  if (head.length < end) return { needs: end }
  return equal(tail.subarray(first), head.subarray(from, end)) ? { at: end } : 'unsure'
}

/**
 * The same once the burst is complete; undefined if the two do not overlap. A looped or silent stream may match in
 * several ways: then the longest overlap counts, because connections are lost for less time than a burst holds.
 */
export function splice(tail: Uint8Array, head: Uint8Array, from = zerosBefore(head)): number | undefined {
  const { overlap } = scan(head.subarray(from), tail)
  if (overlap >= agreementBytesMin) return from + overlap
  // a relay that had just started holds less than a burst: then its data lies within the new burst
  if (tail.length < agreementBytesMin) return undefined
  const { first } = scan(tail, head.subarray(from))
  return first < 0 ? undefined : from + first + tail.length
}

/**
 * Number of zeros at the start of a burst: a listener that joins a shared ICY grid gets them instead of a partial
 * frame.
 */
export function zerosBefore(head: Uint8Array): number {
  const first = head.findIndex((byte) => byte !== 0)
  return first < 0 ? head.length : first
}

/** Whether a burst lies entirely within `tail` and ends before it: the new connection lags behind the old one. */
export function isBehind(tail: Uint8Array, head: Uint8Array, from: number): boolean {
  const burst = head.subarray(from)
  return burst.length >= agreementBytesMin && scan(burst, tail).first >= 0
}

const view = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const equal = (a: Uint8Array, b: Uint8Array) => view(a).equals(b)
