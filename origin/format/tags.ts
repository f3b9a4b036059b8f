import { formatLimits } from './limits.ts'

interface Tag {
  magic: string
  /** bytes needed to read its size */
  headBytes: number
  /** size of the whole tag in bytes; 0 if it is not a tag after all */
  size: (bytes: Uint8Array, at: number) => number
}

const tags: readonly Tag[] = [
  { magic: 'ID3', headBytes: 10, size: id3v2Size },
  // ID3v1, and the longer variant (TAG+) that some taggers write before it
  { magic: 'TAG', headBytes: 4, size: (bytes, at) => (bytes[at + 3] === 0x2b ? 227 : 128) },
  { magic: 'APETAGEX', headBytes: 32, size: apeSize },
]

/** Size of the tag that begins at this offset; 0 if there is none, `short` if more bytes are needed to decide. */
export function tagAt(bytes: Uint8Array, at: number): number | 'short' {
  for (const { magic, headBytes, size } of tags) {
    const seen = agreeing(bytes, at, magic)
    if (seen < magic.length && at + seen < bytes.length) continue
    if (at + headBytes > bytes.length) return 'short'
    const length = size(bytes, at)
    return length > formatLimits.tagBytesMax ? 0 : length
  }
  return 0
}

/** Number of bytes that match the beginning of a text. */
function agreeing(bytes: Uint8Array, at: number, text: string): number {
  let i = 0
  while (i < text.length && bytes[at + i] === text.charCodeAt(i)) i++
  return i
}

/** Reads an ID3v2 size, written with seven bits per byte (ID3v2.4 §6.2). */
function id3v2Size(bytes: Uint8Array, at: number): number {
  let size = 0
  for (let i = 6; i < 10; i++) {
    const byte = bytes[at + i] ?? 0xff
    if (byte > 0x7f) return 0
    size = size * 128 + byte
  }
  const footer = ((bytes[at + 5] ?? 0) & 0x10) === 0 ? 0 : 10
  return 10 + size + footer
}

/**
 * Reads an APEv2 tag: a header gives the size of all that follows; a footer (all that APEv1 has) comes after the items.
 */
function apeSize(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 32)
  const isHeader = (view.getUint32(20, true) & 0x20000000) !== 0
  return isHeader ? 32 + view.getUint32(12, true) : 32
}
