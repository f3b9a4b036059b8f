import { scan } from './scan.ts'

/** bytes that must agree before two streams are taken for one: a frame of digital silence is shorter */
export const agreementBytesMin = 1024

/** What a look at a burst tells: where it goes on, how many bytes it must have for another look, or that it tells nothing before it is whole. */
export type Look = { at: number } | { needs: number } | 'unsure'

/**
 * Where, in the first bytes of a new connection, that begins which comes after `tail`, the newest bytes of the old one:
 * listeners who get `head` from there hear neither gap nor repeat.
 *
 *   tail  [ … a b c d e f ]
 *   head        [ c d e f g h … ]   → the offset of g
 *
 * Both begin anywhere in the audio; the first `from` bytes of `head` are none. Here the burst is still coming: a place is
 * told only where it can be no other, as its beginning stands once in what we have.
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
 * The same once the burst is all there; undefined where the two do not overlap. A looped or silent stream may fit several
 * ways: then the longest overlap counts, since connections are away for less time than a burst holds.
 */
export function splice(tail: Uint8Array, head: Uint8Array, from = zerosBefore(head)): number | undefined {
  const { overlap } = scan(head.subarray(from), tail)
  if (overlap >= agreementBytesMin) return from + overlap
  // a relay that had just begun holds less than a burst: then ours lies within the new one
  if (tail.length < agreementBytesMin) return undefined
  const { first } = scan(tail, head.subarray(from))
  return first < 0 ? undefined : from + first + tail.length
}

/** How many zeros a burst begins with: a joiner of a shared ICY grid gets them in place of a frame's second half. */
export function zerosBefore(head: Uint8Array): number {
  const first = head.findIndex((byte) => byte !== 0)
  return first < 0 ? head.length : first
}

/** Whether all of a burst is in what we have, its end before ours: another way to the same stream that lags behind the old. */
export function isBehind(tail: Uint8Array, head: Uint8Array, from: number): boolean {
  const burst = head.subarray(from)
  return burst.length >= agreementBytesMin && scan(burst, tail).first >= 0
}

const view = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const equal = (a: Uint8Array, b: Uint8Array) => view(a).equals(b)
