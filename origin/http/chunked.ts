import { Gathered } from '../../shared/http/gathered.ts'
import { limits } from '../limits.ts'

/** bytes of one chunk: seven hex digits, far beyond what any encoder sends */
const sizePattern = /^([0-9a-fA-F]{1,7})[ \t]*(;.*)?$/
const lineFeed = 0x0a

/** Invalid framing of a chunked body. */
export class ChunkError extends Error {
  override name = 'ChunkError'
}

/** Decodes a chunked body (RFC 9112 §7.1) as its bytes arrive; data are views, not copies. */
export class ChunkedDecoder {
  #state: 'size' | 'data' | 'data end' | 'trailers' | 'done' = 'size'
  /** beginning of a line that is not complete */
  #kept: Gathered | undefined
  #left = 0
  #trailerLength = 0
  #onData: (bytes: Uint8Array) => void

  constructor(onData: (bytes: Uint8Array) => void) {
    this.#onData = onData
  }

  /** Whether the end of the body has been read; bytes after it are ignored. */
  get done(): boolean {
    return this.#state === 'done'
  }

  /** @throws ChunkError if the framing is invalid */
  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && !this.done)
      at = this.#state === 'data' ? this.#readData(bytes, at) : this.#readLine(bytes, at)
  }

  #readData(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#left)
    this.#left -= end - at
    if (this.#left === 0) this.#state = 'data end'
    this.#onData(bytes.subarray(at, end))
    return end
  }

  #readLine(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(lineFeed, at)
    const stop = end < 0 ? bytes.length : end
    if ((this.#kept?.bytes.length ?? 0) + stop - at > limits.chunkLineLengthMax)
      throw new ChunkError(`the size line of a chunk is longer than ${limits.chunkLineLengthMax} bytes`)
    const part = bytes.subarray(at, stop)
    if (end < 0) {
      this.#kept ??= new Gathered(limits.chunkLineLengthMax)
      this.#kept.add(part)
      return stop
    }
    const line = ((this.#kept ? latin1(this.#kept.bytes) : '') + latin1(part)).replace(/\r$/, '')
    this.#kept = undefined
    this.#endLine(line)
    return end + 1
  }

  #endLine(line: string): void {
    if (this.#state === 'size') this.#readSize(line)
    else if (this.#state === 'data end') this.#endData(line)
    else this.#readTrailer(line)
  }

  #readSize(line: string): void {
    const size = sizePattern.exec(line.trim())?.[1]
    if (size === undefined) throw new ChunkError('malformed chunk, expected its size in hex')
    this.#left = Number.parseInt(size, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'data'
  }

  #endData(line: string): void {
    if (line !== '') throw new ChunkError('a chunk is longer than its size')
    this.#state = 'size'
  }

  #readTrailer(line: string): void {
    this.#trailerLength += line.length
    if (this.#trailerLength > limits.chunkLineLengthMax)
      throw new ChunkError(`trailers are longer than ${limits.chunkLineLengthMax} bytes`)
    if (line === '') this.#state = 'done'
  }
}

const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
