import type { Chunk } from '../format/chunk.ts'

/** Finds the frames or packets in the chunks of a mount, and hands them to a segmenter. */
export interface Units {
  push(chunk: Chunk): void
}
