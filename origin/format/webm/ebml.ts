/** Elements that decide where a listener may begin (RFC 8794 §11.2.1, RFC 9559 §5.1); all others pass by their size. */
export const elementIds = { ebml: 0x1a45dfa3, segment: 0x18538067, cluster: 0x1f43b675 } as const

/** What may stand behind the first Cluster: a Cluster's children, the other parts of a Segment, filler and checksums. */
export const laterIds: ReadonlySet<number> = new Set([
  ...[0xe7, 0xa3, 0xa0, 0xa7, 0xab, 0xaf, 0x5854],
  ...[0x114d9b74, 0x1549a966, 0x1654ae6b, 0x1c53bb6b, 0x1043a770, 0x1941a469, 0x1254c367],
  ...[0xec, 0xbf],
])

/** The head of an EBML element (RFC 8794 §4 to §6). */
export interface ElementHead {
  id: number
  /** bytes of the content; undefined where it ends when its parent's next child begins */
  size: number | undefined
  /** bytes of the head itself */
  length: number
}

/** Reads the head at the beginning of bytes; `short` where more are needed, undefined where none stands there. */
export function readElementHead(bytes: Uint8Array): ElementHead | 'short' | undefined {
  const idLength = numberLength(bytes[0])
  if (idLength === undefined) return 'short'
  if (idLength > 4) return undefined
  const sizeLength = numberLength(bytes[idLength])
  if (sizeLength === undefined) return 'short'
  if (sizeLength > 8) return undefined
  const length = idLength + sizeLength
  if (length > bytes.length) return 'short'
  const size = readSize(bytes.subarray(idLength, length))
  return { id: readNumber(bytes.subarray(0, idLength)), size, length }
}

/** All ones mean that nobody knows. The first set bit, which tells the length, is no part of the value. */
function readSize(bytes: Uint8Array): number | undefined {
  const [first = 0, ...others] = bytes
  const value = first - (0x80 >> others.length)
  const unknown = (0x80 >> others.length) - 1
  return value === unknown && others.every((byte) => byte === 0xff)
    ? undefined
    : readNumber([value, ...others])
}

/** How many bytes a number has by its first one: one more than that has leading zeros. */
const numberLength = (first: number | undefined) => (first === undefined ? undefined : Math.clz32(first) - 23)

/** Big-endian; beyond 2⁵³ not exact, which is beyond every bound too. */
function readNumber(bytes: Iterable<number>): number {
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  return value
}
