import { joined } from '../../shared/bytes.ts'
import type { Chunk } from '../mount/stream/queue.ts'

/** A block of metadata in a woven stream. */
export interface Block {
  /** offset of its length byte in the woven stream; for the stream's beginning, a block of no length stands at 0 */
  offset: number
  /** bytes, its length byte included: 1 where it says that the title is the same as before */
  length: number
  /** the whole block that says what is playing here */
  title: Uint8Array
}

export interface WovenChunk extends Chunk {
  readonly blocks: readonly Block[]
}

const unchanged = Uint8Array.of(0)

/**
 * Weaves blocks of metadata into a mount's audio: one after every `metaint` bytes, on a grid that all listeners share.
 * A block says the title where it changed since the one before, or where a listener has not been told yet.
 */
export class Interleaver {
  #metaint: number
  #since = 0
  #offset = 0
  /** the title that the stream said last */
  #said: Uint8Array | undefined

  /** @param metaint bytes of audio between two blocks, at least 1 */
  constructor(metaint: number) {
    this.#metaint = metaint
  }

  /** bytes of audio since the last block */
  get since(): number {
    return this.#since
  }

  /** Makes the next block say the title even if it is the same: somebody begins to listen before it. */
  repeatTitle(): void {
    this.#said = undefined
  }

  /**
   * Weaves the next piece of audio.
   * @param titleAt the encoded block that is in effect at an offset of the piece
   */
  weave({ bytes, frames }: Chunk, titleAt: (offset: number) => Uint8Array): WovenChunk {
    const blocks: Block[] = []
    if (this.#offset === 0) blocks.push({ offset: 0, length: 0, title: titleAt(0) })
    const pieces = this.#cut(bytes, titleAt, blocks)
    const woven = joined(pieces)
    const moved = moveFrames(frames, blocks, this.#offset)
    this.#offset += woven.length
    return { bytes: woven, frames: moved, blocks }
  }

  #cut(bytes: Uint8Array, titleAt: (offset: number) => Uint8Array, blocks: Block[]): Uint8Array[] {
    const pieces: Uint8Array[] = []
    let offset = this.#offset
    let at = 0
    while (at < bytes.length) {
      const audio = bytes.subarray(at, at + this.#metaint - this.#since)
      pieces.push(audio)
      at += audio.length
      offset += audio.length
      this.#since += audio.length
      if (this.#since < this.#metaint) break
      const title = titleAt(at)
      const block = title === this.#said ? unchanged : title
      pieces.push(block)
      blocks.push({ offset, length: block.length, title })
      offset += block.length
      this.#said = title
      this.#since = 0
    }
    return pieces
  }
}

/** Offsets of frames after the blocks that now stand before them. */
function moveFrames(frames: readonly number[], blocks: readonly Block[], start: number): number[] {
  let added = 0
  let next = 0
  return frames.map((frame) => {
    for (let block = blocks[next]; block && block.offset - start <= frame + added; block = blocks[++next])
      added += block.length
    return frame + added
  })
}
