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
