import type { Chunk } from '../format/chunk.ts'

/** A reader of a mount's stream that is not a listener, and that delays nobody. */
export interface MountTap {
  /** the next bytes for listeners, cut at frames */
  chunk(chunk: Chunk): void
  /** another title is valid from here on */
  title(title: string): void
  /** the next chunk does not follow the last: another source, another format, or audio is missing */
  broken(): void
}

/** The taps of a mount. */
export class Taps {
  #taps = new Set<MountTap>()

  /** Returns a function that ends it. */
  add(tap: MountTap): () => void {
    this.#taps.add(tap)
    return () => this.#taps.delete(tap)
  }

  /** Passes on the next bytes; true: a tap keeps them. */
  chunk(chunk: Chunk): boolean {
    const isKept = this.#taps.size > 0 // a tap may leave while it gets this one
    for (const tap of this.#taps) tap.chunk(chunk)
    return isKept || this.#taps.size > 0
  }

  title(title: string): void {
    for (const tap of this.#taps) tap.title(title)
  }

  broken(): void {
    for (const tap of this.#taps) tap.broken()
  }
}
