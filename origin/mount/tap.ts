import type { Chunk } from '../format/chunk.ts'

/** Something that follows a mount's stream beside its listeners, and holds up nobody. */
export interface MountTap {
  /** the next bytes for listeners, cut at frames */
  chunk(chunk: Chunk): void
  /** another title is valid from here on */
  title(title: string): void
  /** the next chunk does not follow the last: another source, another format, or audio is missing */
  broken(): void
}
