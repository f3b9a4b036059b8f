import { joined } from '../../../shared/bytes.ts'
import type { Comments } from '../framer.ts'

const utf8 = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Parses comments (Vorbis I §5) by upper-case name; the first of several is kept, and parsing stops at truncated data.
 */
export function parseComments(bytes: Uint8Array): ReadonlyMap<string, string> {
  const comments = new Map<string, string>()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const number = () => {
    at += 4
    return at <= bytes.length ? view.getUint32(at - 4, true) : 0
  }
  const text = () => {
    const length = number()
    at += length
    return at <= bytes.length ? utf8.decode(bytes.subarray(at - length, at)) : undefined
  }
  text() // vendor string
  for (let left = number(); left > 0; left--) {
    const comment = text()
    if (comment === undefined) break
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(comment) ?? []
    if (name === undefined || value === undefined) continue
    if (!comments.has(name.toUpperCase())) comments.set(name.toUpperCase(), value)
  }
  return comments
}

/** The title that a player shows: `artist - title`, or whichever is present. */
export const displayTitle = (artist: string | undefined, title: string | undefined): string | undefined =>
  artist && title ? `${artist} - ${title}` : title || artist || undefined

/** Start of a Vorbis comment packet (Vorbis I §4.2.1). */
export const vorbisCommentMagic = '\x03vorbis'

/** Prints comments in Vorbis form (Vorbis I §5), replacing those in `old`; the vendor string is kept. */
export function printComments(old: Uint8Array, comments: Comments): Uint8Array {
  const vendor = old.subarray(4, 4 + vendorLength(old))
  const texts = comments.map(([name, value]) => encoder.encode(`${name}=${value}`))
  return joined([...sized(vendor), number(texts.length), ...texts.flatMap(sized)])
}

const vendorLength = (comments: Uint8Array) =>
  comments.length < 4 ? 0 : new DataView(comments.buffer, comments.byteOffset).getUint32(0, true)

const sized = (bytes: Uint8Array) => [number(bytes.length), bytes]

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}
