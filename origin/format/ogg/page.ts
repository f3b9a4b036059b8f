import { joined } from '../../../shared/bytes.ts'

/** One Ogg page (RFC 3533 §6), complete and with a valid checksum. */
export interface Page {
  readonly bytes: Uint8Array
  readonly serial: number
  /** number of the page in its stream */
  readonly sequence: number
  /** its first packet began on an earlier page */
  readonly isContinued: boolean
  /** begins (BOS) or ends (EOS) a logical stream */
  readonly isBos: boolean
  readonly isEos: boolean
  /** lengths of packet segments: a value below 255 ends a packet */
  readonly lacing: Uint8Array
  readonly body: Uint8Array
}

/** bytes of a page before its lacing values */
export const pageHeadBytes = 27
/** bytes of the biggest page: 255 lacing values of 255 */
export const pageBytesMax = pageHeadBytes + 255 + 255 * 255

const capture = [0x4f, 0x67, 0x67, 0x53, 0] // OggS and the version

/** The first offset, from this one on, at which a page may begin, as far as the bytes present can tell. */
export function nextCapture(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0x4f, from); at >= 0; at = bytes.indexOf(0x4f, at + 1))
    if (capture.every((byte, i) => at + i >= bytes.length || bytes[at + i] === byte)) return at
  return bytes.length
}

/** Bytes needed of the page whose head is at this offset: enough to read its length, then its length. */
export function pageLength(bytes: Uint8Array, at: number): number {
  const lacingAt = at + pageHeadBytes
  if (lacingAt > bytes.length) return pageHeadBytes
  const segments = bytes[at + 26] ?? 0
  let length = pageHeadBytes + segments
  if (at + length > bytes.length) return length
  for (let i = lacingAt; i < lacingAt + segments; i++) length += bytes[i] ?? 0
  return length
}

/** The checksum stored in a page. */
export const checksumIn = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(22, true)

/** Reads a complete page. */
export function readPage(bytes: Uint8Array): Page {
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

/**
 * The pages in bytes that consist of whole pages, as a framer cuts them; anything else ends them. They are never Node's Buffers,
 * whose `slice` shares memory: a change to a copy of a packet would reach the mount's own header.
 */
export function* pagesIn(shared: Uint8Array): Generator<Page> {
  const bytes = new Uint8Array(shared.buffer, shared.byteOffset, shared.byteLength)
  for (let at = 0; at < bytes.length; ) {
    const length = pageLength(bytes, at)
    if (nextCapture(bytes, at) !== at || at + length > bytes.length) return
    yield readPage(bytes.subarray(at, at + length))
    at += length
  }
}

/** Granule position: where the page's last packet ends, in its codec's time unit; -1 if no packet ends on it. */
export const granuleOf = ({ bytes }: Page): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(6, true)

/** Number of packets that end on a page. */
export const packetsEnded = ({ lacing }: Page): number => lacing.filter((value) => value < 255).length

/** Whether a page has no time (granule position 0 or -1): true for all header pages. */
export const isTimeless = (page: Page): boolean => granuleOf(page) === 0n || granuleOf(page) === -1n

/** The packets that begin on a page; a packet that continues on the next page is truncated. */
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

/** The packets that end on these consecutive pages of one stream, assembled if they span several pages. */
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
