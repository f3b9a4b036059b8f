import { joined } from '../../shared/bytes.ts'
import type { Chunk } from '../format/chunk.ts'

/** A metadata block in a woven stream. */
export interface Block {
  /** offset of its length byte in the woven stream; the stream's beginning counts as a block of length 0 at offset 0 */
  offset: number
  /** bytes, length byte included; 1 if it says that the title has not changed */
  length: number
  /** the full block with the title that is playing here */
  title: Uint8Array
}

export interface WovenChunk extends Chunk {
  readonly blocks: readonly Block[]
}

const unchanged = Uint8Array.of(0)

/**
 * Weaves metadata blocks into a mount's audio: one after every `metaint` bytes, on a grid shared by all listeners.
 * A block carries the title if the title has changed, or if a listener has not received it yet.
 */
export class Interleaver {
  #metaint: number
  #since = 0
  #offset = 0
  /** the last title sent in the stream */
  #said: Uint8Array | undefined

  /** @param metaint bytes of audio between two blocks, at least 1 */
  constructor(metaint: number) {
    this.#metaint = metaint
  }

  /** bytes of audio since the last block */
  get since(): number {
    return this.#since
  }

  /** Makes the next block carry the title even if it has not changed: a listener joins before it. */
  repeatTitle(): void {
    this.#said = undefined
  }

  /**
   * Weaves the next piece of audio.
   * @param titleAt the encoded block in effect at an offset of the piece
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

/** Moves the offsets of frames by the blocks now in front of them. */
function moveFrames(frames: readonly number[], blocks: readonly Block[], start: number): number[] {
  let added = 0
  let next = 0
  return frames.map((frame) => {
    for (let block = blocks[next]; block && block.offset - start <= frame + added; block = blocks[++next])
      added += block.length
    return frame + added
  })
}
