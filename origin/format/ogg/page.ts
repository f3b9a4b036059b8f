import { joined } from '../../../shared/bytes.ts'

/** One Ogg page (RFC 3533 §6), whole and with the right checksum. */
export interface Page {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly serial: number
  /** of the page among those of its stream */
  readonly sequence: number
  /** its first packet began on a page before */
  readonly isContinued: boolean
  /** begins, and ends, a logical stream */
  readonly isBos: boolean
  readonly isEos: boolean
  /** lengths of the packets' pieces: below 255, a packet ends */
  readonly lacing: Uint8Array
  readonly body: Uint8Array
}

/** bytes of a page before its lacing values */
export const pageHeadBytes = 27
/** bytes of the biggest page: 255 lacing values of 255 */
export const pageBytesMax = pageHeadBytes + 255 + 255 * 255

const capture = [0x4f, 0x67, 0x67, 0x53, 0] // OggS and the version

/** The first offset, from this one on, at which a page may begin, judged by the bytes that are there. */
export function nextCapture(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0x4f, from); at >= 0; at = bytes.indexOf(0x4f, at + 1))
    if (capture.every((byte, i) => at + i >= bytes.length || bytes[at + i] === byte)) return at
  return bytes.length
}

/** Bytes that have to come, of the page whose head stands at this offset, before more of it is known: its length once that is. */
export function pageLength(bytes: Uint8Array, at: number): number {
  const lacingAt = at + pageHeadBytes
  if (lacingAt > bytes.length) return pageHeadBytes
  const segments = bytes[at + 26] ?? 0
  let length = pageHeadBytes + segments
  if (at + length > bytes.length) return length
  for (let i = lacingAt; i < lacingAt + segments; i++) length += bytes[i] ?? 0
  return length
}

/** The checksum that a page says it has. */
export const checksumIn = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(22, true)

/** Reads a whole page. */
export function readPage(bytes: Uint8Array<ArrayBuffer>): Page {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const flags = view.getUint8(5)
  const bodyAt = pageHeadBytes + view.getUint8(26)
  return {
    bytes,
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    isContinued: (flags & 1) !== 0,
    isBos: (flags & 2) !== 0,
    isEos: (flags & 4) !== 0,
    lacing: bytes.subarray(pageHeadBytes, bodyAt),
    body: bytes.subarray(bodyAt),
  }
}

/** Where a page's last packet ends, in its codec's count of time; -1 where none ends on it. */
export const granuleOf = ({ bytes }: Page): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(6, true)

/** How many packets end on a page. */
export const packetsEnded = ({ lacing }: Page): number => lacing.filter((value) => value < 255).length

/** Whether a page counts no time: so all pages of headers do, and none ends a packet that could (granule position 0 or -1). */
export const isTimeless = (page: Page): boolean => granuleOf(page) === 0n || granuleOf(page) === -1n

/** The packets that begin on a page, each as far as it lies on it. */
export function packetsBegun({ lacing, body, isContinued }: Page): Uint8Array[] {
  const packets: Uint8Array[] = []
  let from = 0
  let to = 0
  for (const value of lacing) {
    to += value
    if (value === 255) continue
    packets.push(body.subarray(from, to))
    from = to
  }
  if (to > from) packets.push(body.subarray(from, to))
  return isContinued ? packets.slice(1) : packets
}

/** The packets of a stream that end on these pages of it, put together where they span several. */
export function packetsOf(pages: readonly Page[]): Uint8Array[] {
  const packets: Uint8Array[] = []
  let pieces: Uint8Array[] = []
  for (const { lacing, body } of pages) {
    let at = 0
    for (const value of lacing) {
      pieces.push(body.subarray(at, at + value))
      at += value
      if (value === 255) continue
      packets.push(joined(pieces))
      pieces = []
    }
  }
  return packets
}
