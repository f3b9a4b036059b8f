import { decodeMetadata, type IcyMetadata } from './metadata.ts'

/** Receives the parts of an interleaved stream, in order. */
export interface Sink {
  audio(bytes: Uint8Array): void
  metadata(metadata: IcyMetadata): void
}

/**
 * Splits a stream with a metadata block after every `metaint` bytes into audio and metadata; audio bytes are views, not
 * copies.
 */
export class Deinterleaver {
  #sink: Sink
  #metaint: number
  /** bytes of audio until the next block's length byte */
  #audioLeft: number
  /** the block being read; undefined between blocks */
  #block: Uint8Array | undefined
  #blockFilled = 0

  /** @param metaint bytes of audio between two blocks, at least 1 */
  constructor(metaint: number, sink: Sink) {
    this.#metaint = metaint
    this.#audioLeft = metaint
    this.#sink = sink
  }

  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#block) at = this.#readBlock(this.#block, bytes, at)
      else if (this.#audioLeft > 0) at = this.#readAudio(bytes, at)
      else at = this.#readLength(bytes[at] ?? 0, at)
    }
  }

  #readAudio(bytes: Uint8Array, at: number): number {
    const end = Math.min(bytes.length, at + this.#audioLeft)
    this.#audioLeft -= end - at
    this.#sink.audio(bytes.subarray(at, end))
    return end
  }

  #readLength(sixteens: number, at: number): number {
    if (sixteens === 0) this.#audioLeft = this.#metaint
    else this.#block = new Uint8Array(sixteens * 16)
    this.#blockFilled = 0
    return at + 1
  }

  #readBlock(block: Uint8Array, bytes: Uint8Array, at: number): number {
    const part = bytes.subarray(at, at + block.length - this.#blockFilled)
    block.set(part, this.#blockFilled)
    this.#blockFilled += part.length
    if (this.#blockFilled === block.length) {
      this.#block = undefined
      this.#audioLeft = this.#metaint
      const metadata = decodeMetadata(block)
      if (metadata) this.#sink.metadata(metadata)
    }
    return at + part.length
  }
}
