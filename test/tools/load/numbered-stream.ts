import { frameBytesAt, frameBytesMax, numberedFrame, numberIn } from '../../kit/audio/numbered-frames.ts'

/** least number of frames by which the reference grows when a listener gets past its end; later it doubles */
const growFrames = 4096

/** All numbered frames from 0 on, one after the other, and the offset of each; grown as far as a listener needs it. */
const reference = { bytes: Buffer.alloc(0), starts: [] as number[] }

function growTo(end: number): void {
  while (reference.bytes.length < end) {
    const first = reference.starts.length
    const count = Math.max(growFrames, first)
    const frames = Array.from({ length: count }, (_, i) => numberedFrame(first + i))
    let start = reference.bytes.length
    for (const frame of frames) {
      reference.starts.push(start)
      start += frame.length
    }
    reference.bytes = Buffer.concat([reference.bytes, ...frames])
  }
}

/**
 * Compares the audio of one listener with what the source sends: from the first complete frame on, every byte must be the
 * next one. It compares memory with memory, so that thousands can be checked on the machine of their server.
 */
export class NumberedStream {
  /** bytes before the offset in the stream is known: up to the end of its first complete frame */
  #opening = Buffer.alloc(0)
  /** offset in the stream of the next byte; undefined until it is known */
  #offset: number | undefined

  /** The number of the last complete frame; -1 before the first. */
  get last(): number {
    const offset = this.#offset
    if (offset === undefined) return -1
    let low = 0
    let high = reference.starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((reference.starts[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low - 2
  }

  /** Adds the next bytes; returns what is wrong with them, if anything. */
  push(bytes: Uint8Array): string | undefined {
    if (this.#offset !== undefined)
      return this.#compare(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    this.#opening = Buffer.concat([this.#opening, bytes])
    return this.#begin()
  }

  /** Finds the offset in the stream. Before the first frame there may be the zeros that pad a grid point. */
  #begin(): string | undefined {
    const opening = this.#opening
    const at = opening.findIndex((byte) => byte !== 0)
    if (at < 0 || opening.length < at + frameBytesMax) return undefined
    const number = numberIn(opening.subarray(at, at + frameBytesAt(opening, at)))
    if (number === undefined) return 'no numbered frame where it begins'
    while (reference.starts.length <= number) growTo(reference.bytes.length + 1)
    this.#offset = reference.starts[number] ?? 0
    this.#opening = Buffer.alloc(0)
    return this.#compare(opening.subarray(at))
  }

  #compare(bytes: Buffer): string | undefined {
    const offset = this.#offset ?? 0
    growTo(offset + bytes.length)
    this.#offset = offset + bytes.length
    return bytes.equals(reference.bytes.subarray(offset, offset + bytes.length))
      ? undefined
      : `not what the source sent after frame ${this.last}`
  }
}
