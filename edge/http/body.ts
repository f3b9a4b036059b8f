import { Gathered } from '../../shared/http/gathered.ts'
import { type BodyFraming, type RequestRefusal, refusalOf } from './head.ts'
import { httpLimits } from './limits.ts'

const lineFeed = 0x0a
const lineOfChunk = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?$/

/** The part of a chunked body that the next byte belongs to. */
type Part = 'size' | 'data' | 'data end' | 'trailer'

/**
 * Reads a body from the bytes of a connection into one buffer of bounded size. It stops one byte past the bound, so that the
 * caller can see that the body is too large.
 */
export class BodyReader {
  #framing: BodyFraming
  #gathered = new Gathered(httpLimits.bodyBytesMax)
  /** bytes of the body, or of the current chunk, that have not arrived yet */
  #left: number
  #part: Part = 'size'
  #line = new Gathered(httpLimits.chunkLineMax)
  #trailerBytes = 0

  constructor(framing: BodyFraming) {
    this.#framing = framing
    this.#left = framing === 'chunked' ? 0 : framing.length
  }

  /** The bytes read so far. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#gathered.bytes
  }

  /** Adds bytes. Returns where the body ends in them, why it is rejected, or undefined if more bytes are needed. */
  push(bytes: Uint8Array): { end: number } | { large: true } | RequestRefusal | undefined {
    return this.#framing === 'chunked' ? this.#pushChunked(bytes) : this.#pushPlain(bytes)
  }

  #pushPlain(bytes: Uint8Array): { end: number } | { large: true } | undefined {
    const end = Math.min(this.#left, bytes.length)
    if (this.#gather(bytes.subarray(0, end))) return { large: true }
    return this.#left === 0 ? { end } : undefined
  }

  #pushChunked(bytes: Uint8Array): { end: number } | { large: true } | RequestRefusal | undefined {
    let at = 0
    while (at < bytes.length) {
      if (this.#part === 'data') {
        const end = at + Math.min(this.#left, bytes.length - at)
        if (this.#gather(bytes.subarray(at, end))) return { large: true }
        if (this.#left === 0) this.#part = 'data end'
        at = end
        continue
      }
      const feed = bytes.indexOf(lineFeed, at)
      const piece = bytes.subarray(at, feed < 0 ? bytes.length : feed)
      if (this.#line.add(piece) < piece.length) return refusalOf(400, 'a line between chunks is too long')
      if (feed < 0) return undefined
      at = feed + 1
      const read = this.#readLine()
      if (read === 'end') return { end: at }
      if (read) return read
    }
    return undefined
  }

  #readLine(): 'end' | RequestRefusal | undefined {
    const line = String.fromCharCode(...this.#line.bytes)
    this.#line = new Gathered(httpLimits.chunkLineMax)
    if (this.#part === 'trailer') {
      this.#trailerBytes += line.length
      if (line === '' || line === '\r') return 'end'
      return this.#trailerBytes > httpLimits.trailerBytesMax
        ? refusalOf(431, 'the trailer fields after the body are too large')
        : undefined
    }
    if (this.#part === 'data end') {
      this.#part = 'size'
      return line === '' || line === '\r' ? undefined : refusalOf(400, 'a chunk is longer than its size says')
    }
    const [, size] = lineOfChunk.exec(line) ?? []
    if (size === undefined) return refusalOf(400, 'a chunk begins without a size')
    this.#left = Number.parseInt(size, 16)
    this.#part = this.#left === 0 ? 'trailer' : 'data'
    return undefined
  }

  /** Adds bytes of the body; true if they do not fit. */
  #gather(bytes: Uint8Array): boolean {
    this.#left -= bytes.length
    return this.#gathered.add(bytes) < bytes.length || this.#gathered.size >= httpLimits.bodyBytesMax
  }
}
