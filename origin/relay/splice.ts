/** bytes that must agree before two streams are taken for one: a frame of digital silence is shorter */
const agreementBytesMin = 1024

/**
 * Where, in the first bytes of a new connection, that begins which comes after `tail`, the newest bytes of the old one:
 * listeners who get `head` from there hear neither gap nor repeat. Undefined where the two do not overlap, or do not yet.
 *
 *   tail  [ … a b c d e f ]
 *   head        [ c d e f g h … ]   → the offset of g
 *
 * Both begin anywhere in the audio; the first `from` bytes of `head` are none. A looped or silent stream may fit several ways: then the longest overlap counts,
 * since connections are away for less time than a burst holds; but only once `head` is `whole`, the burst all there.
 */
export function splice(
  tail: Uint8Array,
  head: Uint8Array,
  whole: boolean,
  from = zerosBefore(head),
): number | undefined {
  return headWithinTail(tail, head, from, whole) ?? (whole ? tailWithinHead(tail, head, from) : undefined)
}

/** How many zeros a burst begins with: a joiner of a shared ICY grid gets them in place of a frame's second half. */
export function zerosBefore(head: Uint8Array): number {
  const first = head.findIndex((byte) => byte !== 0)
  return first < 0 ? head.length : first
}

/** The usual case: the burst begins at something we have. */
function headWithinTail(
  tail: Uint8Array,
  head: Uint8Array,
  from: number,
  whole: boolean,
): number | undefined {
  const key = head.subarray(from, from + agreementBytesMin)
  if (key.length < agreementBytesMin) return undefined
  const first = indexOf(tail, key, 0)
  const ambiguous = first >= 0 && indexOf(tail, key, first + 1) >= 0
  if (ambiguous && !whole) return undefined
  for (let at = first; at >= 0; at = indexOf(tail, key, at + 1)) {
    const end = from + tail.length - at
    if (end <= head.length && equal(tail.subarray(at), head.subarray(from, end))) return end
  }
  return undefined
}

/** A relay that had just begun holds less than a burst: then ours lies within the new one. */
function tailWithinHead(tail: Uint8Array, head: Uint8Array, from: number): number | undefined {
  if (tail.length < agreementBytesMin) return undefined
  const at = indexOf(head, tail, from)
  return at < 0 ? undefined : at + tail.length
}

/** Whether all of a burst is in what we have, its end before ours: another way to the same stream that lags behind the old. */
export function isBehind(tail: Uint8Array, head: Uint8Array, from: number): boolean {
  const burst = head.subarray(from)
  return burst.length >= agreementBytesMin && indexOf(tail, burst, 0) >= 0
}

const view = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const indexOf = (bytes: Uint8Array, part: Uint8Array, from: number) => view(bytes).indexOf(part, from)
const equal = (a: Uint8Array, b: Uint8Array) => view(a).equals(b)
