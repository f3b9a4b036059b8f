/** Elements of which something is read, or that are stepped into (RFC 8794 §11.2.1, RFC 9559 §5.1). */
export const ids = {
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  cluster: 0x1f43b675,
  /** of a Cluster */
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  group: 0xa0,
  /** of a BlockGroup */
  block: 0xa1,
  blockDuration: 0x9b,
  reference: 0xfb,
  /** of the header */
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

/** What may stand behind the first Cluster: a Cluster's children, the other parts of a Segment, filler and checksums. */
export const laterIds: ReadonlySet<number> = new Set([
  ...[ids.timestamp, ids.simpleBlock, ids.group, 0xa7, 0xab, 0xaf, 0x5854],
  ...[0x114d9b74, ids.info, ids.tracks, 0x1c53bb6b, 0x1043a770, 0x1941a469, 0x1254c367],
  ...[0xec, 0xbf],
])

/** What may stand in a BlockGroup besides (RFC 9559 §5.1.3.5). */
export const groupIds: ReadonlySet<number> = new Set([
  ...[ids.block, ids.blockDuration, ids.reference, 0x75a1, 0x75a2, 0xfa, 0xa4, 0xa2, 0xfd, 0x8e, 0xc8],
])

/** The head of an EBML element (RFC 8794 §4 to §6). */
export interface ElementHead {
  id: number
  /** bytes of the content; undefined where it ends when its parent's next child begins */
  size: number | undefined
  /** bytes of the head itself */
  length: number
}

/** Reads the head at an offset; `short` where more bytes are needed, undefined where none stands there. */
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

/** All ones mean that nobody knows. The first set bit, which tells the length, is not part of the value. */
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

/** A number that tells its own length, as sizes and the numbers of tracks do; undefined where it is cut short, or unknown. */
export function readSelfSized(bytes: Uint8Array): { value: number; length: number } | undefined {
  const length = numberLength(bytes[0])
  if (length === undefined || length > 8 || length > bytes.length) return undefined
  const value = readSize(bytes, 0, length)
  return value === undefined ? undefined : { value, length }
}

/** How many bytes a number has by its first one: one more than that has leading zeros. */
const numberLength = (first: number | undefined) => (first === undefined ? undefined : Math.clz32(first) - 23)

/** Big-endian; beyond 2⁵³ not exact, which is beyond every bound too. */
export function readNumber(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let value = 0
  for (let i = from; i < to; i++) value = value * 256 + (bytes[i] ?? 0)
  return value
}
