import { numberedFrame, numberOf } from '../../kit/numbered-frames.ts'

/** frames by which the reference grows at least when a listener hears beyond it; later it doubles */
const growFrames = 4096

/** All numbered frames from 0 on, one after the other, and where each begins; grown as far as somebody hears. */
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
 * What one listener hears, held against what the source sends: from the first whole frame on every byte must be the next.
 * Memory is compared with memory, so that thousands can be checked beside the server that they listen to.
 */
export class NumberedStream {
  /** bytes before the place in the stream is known: up to the end of its first whole frame */
  #opening = Buffer.alloc(0)
  /** place in the stream of the byte that comes next; undefined until it is known */
  #place: number | undefined

  /** The number of the last whole frame heard; -1 before the first. */
  get last(): number {
    const place = this.#place
    if (place === undefined) return -1
    let low = 0
    let high = reference.starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((reference.starts[middle] ?? 0) <= place) low = middle + 1
      else high = middle
    }
    return low - 2
  }

  /** Takes in what was heard next; says what was wrong with it, if anything. */
  push(bytes: Uint8Array): string | undefined {
    if (this.#place !== undefined)
      return this.#compare(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    this.#opening = Buffer.concat([this.#opening, bytes])
    return this.#begin()
  }

  /** Finds where in the stream it is. What lies before the first frame is the zeros that a grid point may be filled with. */
  #begin(): string | undefined {
    const opening = this.#opening
    const at = opening.findIndex((byte) => byte !== 0)
    if (at < 0 || opening.length < at + frameBytesMax) return undefined
    const number = numberAt(opening, at)
    if (number === undefined) return 'no numbered frame where it begins'
    while (reference.starts.length <= number) growTo(reference.bytes.length + 1)
    this.#place = reference.starts[number] ?? 0
    this.#opening = Buffer.alloc(0)
    return this.#compare(opening.subarray(at))
  }

  #compare(bytes: Buffer): string | undefined {
    const place = this.#place ?? 0
    growTo(place + bytes.length)
    this.#place = place + bytes.length
    return bytes.equals(reference.bytes.subarray(place, place + bytes.length))
      ? undefined
      : `not what the source sent after frame ${this.last}`
  }
}

/** The number of the whole frame that begins here; undefined where it is none of ours. */
function numberAt(bytes: Uint8Array, at: number): number | undefined {
  const padding = ((bytes[at + 2] ?? 0) >> 1) & 1
  try {
    return numberOf(bytes.subarray(at, at + frameBytesMax - 1 + padding))
  } catch {
    return undefined
  }
}

/** of the frames of {@link numberedFrame}: 417 bytes, and one of padding in most */
const frameBytesMax = 418
