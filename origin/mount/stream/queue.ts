import type { Chunk } from '../../format/chunk.ts'

interface Held<C extends Chunk> {
  chunk: C
  /** offset of its first byte from the queue's beginning */
  start: number
}

/**
 * The newest bytes of a mount.
 *
 *   oldest             burst point          newest
 *   [ chunk | chunk | … | chunk | … | chunk | chunk ]   restBytes, and up to bytesMax as long as a listener lacks them
 *       ^ listener A, behind        ^ listener B
 *
 * A listener's position is the number of the next chunk it gets, counted from the queue's beginning; an offset counts
 * bytes from there. One copy of the bytes serves all listeners. A listener that falls off the left end is dropped by
 * its mount: the queue does not know its listeners.
 */
export class Queue<C extends Chunk = Chunk> {
  /** bytes held at most, except that the newest chunk is always held; a change takes effect at the next chunk */
  bytesMax: number
  /** bytes before the newest frame that are held whether a listener lacks them or not: a new one gets its burst of them */
  restBytes = Number.POSITIVE_INFINITY
  /** no listener lacks a chunk before this position */
  slowest = 0
  #newestFrameOffset: number | undefined
  #held: Held<C>[] = []
  #endOffset = 0
  /** position of the oldest chunk held */
  first = 0
  /** the chunks from this position on were given to nobody */
  #unlent = 0
  #onUnlent: (bytes: Uint8Array) => void

  /** @param onUnlent gets the bytes of chunks that are dropped and were given to nobody: nobody else has them */
  constructor(bytesMax: number, onUnlent: (bytes: Uint8Array) => void = () => {}) {
    this.bytesMax = bytesMax
    this.#onUnlent = onUnlent
  }

  /** position after the newest chunk */
  get end(): number {
    return this.first + this.#held.length
  }

  /** offset of the oldest byte held */
  get firstOffset(): number {
    return this.#held[0]?.start ?? this.#endOffset
  }

  /** offset after the newest byte */
  get endOffset(): number {
    return this.#endOffset
  }

  get chunks(): C[] {
    this.lend()
    return this.#held.map(({ chunk }) => chunk)
  }

  /** Somebody has the chunks that are held, and may keep their bytes. */
  lend(): void {
    this.#unlent = this.end
  }

  at(position: number): C | undefined {
    this.lend()
    return this.#held[position - this.first]?.chunk
  }

  push(chunk: C): void {
    this.#held.push({ chunk, start: this.#endOffset })
    const frame = chunk.frames.at(-1)
    if (frame !== undefined) this.#newestFrameOffset = this.#endOffset + frame
    this.#endOffset += chunk.bytes.length
    while (this.#held.length > 1 && (this.#isOver() || this.#isSpare())) {
      const dropped = this.#held.shift()
      if (dropped && this.first >= this.#unlent) this.#onUnlent(dropped.chunk.bytes)
      this.first++
    }
  }

  #isOver(): boolean {
    return this.#endOffset - this.firstOffset > this.bytesMax
  }

  /** Whether the oldest chunk is of no use: every listener has had it, and a new one begins after it. */
  #isSpare(): boolean {
    const { firstOffset } = this
    const frame = this.#newestFrameOffset
    const newest = frame === undefined || frame < firstOffset ? this.#endOffset : frame
    return this.first < this.slowest && (this.#held[1]?.start ?? 0) <= newest - this.restBytes
  }

  /** Removes everything held: the next bytes are not related to it. */
  clear(): void {
    this.first = this.end
    this.#held = []
    this.#newestFrameOffset = undefined
  }

  /** Views of the bytes between two offsets, as far as they are held. */
  slice(from: number, to = this.#endOffset): Uint8Array[] {
    const views: Uint8Array[] = []
    this.lend()
    for (const { chunk, start } of this.#held) {
      const begin = Math.max(0, from - start)
      const end = Math.min(chunk.bytes.length, to - start)
      if (begin < end) views.push(chunk.bytes.subarray(begin, end))
    }
    return views
  }

  /** The first offset from this one on at which a frame begins; undefined if none is known. */
  frameFrom(offset: number): number | undefined {
    for (const { chunk, start } of this.#held) {
      if (start + chunk.bytes.length <= offset) continue
      const frame = chunk.frames.find((at) => start + at >= offset)
      if (frame !== undefined) return start + frame
    }
    return undefined
  }

  /** The last held offset at which a frame begins; undefined if none is known. */
  get newestFrame(): number | undefined {
    const held = this.#held.findLast(({ chunk }) => chunk.frames.length > 0)
    const at = held?.chunk.frames.at(-1)
    return held && at !== undefined ? held.start + at : undefined
  }

  /**
   * Where a new listener begins: at a frame within the newest `bytesMax` bytes. If there is none, as within a large
   * tag, at a frame up to `bytesMax` bytes before the newest frame; if no frame is known at all, at a chunk, because
   * chunks are cut at frames and tags as far as there are any.
   */
  burstOffset(bytesMax: number): number {
    const oldest = Math.max(this.firstOffset, this.#endOffset - bytesMax)
    const chunkStart = this.#held.find(({ start }) => start >= oldest)?.start
    return this.frameFrom(oldest) ?? this.#frameBeforeTag(bytesMax) ?? chunkStart ?? this.#endOffset
  }
  #frameBeforeTag(bytesMax: number): number | undefined {
    const { newestFrame } = this
    return newestFrame === undefined ? undefined : this.frameFrom(newestFrame - bytesMax)
  }
}
