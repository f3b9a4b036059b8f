/** IDs of the elements that are read or parsed into (RFC 8794 §11.2.1, RFC 9559 §5.1). */
export const ids = {
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  cluster: 0x1f43b675,
  /** in a Cluster */
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  group: 0xa0,
  /** in a BlockGroup */
  block: 0xa1,
  blockDuration: 0x9b,
  reference: 0xfb,
  /** in the header */
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  track: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  defaultDuration: 0x23e383,
  codec: 0x86,
  setup: 0x63a2,
} as const

/**
 * Elements allowed after the first Cluster: a Cluster's children, the other parts of a Segment, filler and checksums.
 */
export const laterIds: ReadonlySet<number> = new Set([
  ...[ids.timestamp, ids.simpleBlock, ids.group, 0xa7, 0xab, 0xaf, 0x5854],
  ...[0x114d9b74, ids.info, ids.tracks, 0x1c53bb6b, 0x1043a770, 0x1941a469, 0x1254c367],
  ...[0xec, 0xbf],
])

/** Other elements allowed in a BlockGroup (RFC 9559 §5.1.3.5). */
export const groupIds: ReadonlySet<number> = new Set([
  ...[ids.block, ids.blockDuration, ids.reference, 0x75a1, 0x75a2, 0xfa, 0xa4, 0xa2, 0xfd, 0x8e, 0xc8],
])

/** The head of an EBML element (RFC 8794 §4 to §6). */
export interface ElementHead {
  id: number
  /** bytes of the content; undefined if unknown: it ends where its parent's next child begins */
  size: number | undefined
  /** bytes of the head itself */
  length: number
}

/** Reads the element head at an offset; `short` if more bytes are needed, undefined if there is no valid head. */
export function readElementHead(bytes: Uint8Array, at = 0): ElementHead | 'short' | undefined {
  const idLength = numberLength(bytes[at])
  if (idLength === undefined) return 'short'
  if (idLength > 4) return undefined
  const sizeAt = at + idLength
  const sizeLength = numberLength(bytes[sizeAt])
  if (sizeLength === undefined) return 'short'
  if (sizeLength > 8) return undefined
  const end = sizeAt + sizeLength
  if (end > bytes.length) return 'short'
  return { id: readNumber(bytes, at, sizeAt), size: readSize(bytes, sizeAt, end), length: end - at }
}

/** Reads a size without its first set bit, which marks the length; all ones mean an unknown size. */
function readSize(bytes: Uint8Array, at: number, end: number): number | undefined {
  const mark = 0x80 >> (end - at - 1)
  let value = (bytes[at] ?? 0) - mark
  let isUnknown = value === mark - 1
  for (let i = at + 1; i < end; i++) {
    value = value * 256 + (bytes[i] ?? 0)
    isUnknown &&= bytes[i] === 0xff
  }
  return isUnknown ? undefined : value
}

/** Reads a number that encodes its own length, such as a size or track number; undefined if truncated or unknown. */
export function readSelfSized(bytes: Uint8Array): { value: number; length: number } | undefined {
  const length = numberLength(bytes[0])
  if (length === undefined || length > 8 || length > bytes.length) return undefined
  const value = readSize(bytes, 0, length)
  return value === undefined ? undefined : { value, length }
}

/** Length of a number in bytes, from its first byte: leading zero bits plus one. */
const numberLength = (first: number | undefined) => (first === undefined ? undefined : Math.clz32(first) - 23)

/** Reads a big-endian number; inexact beyond 2⁵³, which exceeds every limit anyway. */
export function readNumber(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let value = 0
  for (let i = from; i < to; i++) value = value * 256 + (bytes[i] ?? 0)
  return value
}
