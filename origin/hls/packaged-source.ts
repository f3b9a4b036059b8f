import type { Chunk } from '../format/chunk.ts'
import type { StreamFacts } from '../format/framer.ts'
import type { MountTap } from '../mount/tap.ts'

/** A running mount as its packager sees it. */
export interface PackagedSource {
  /** detected from its bytes */
  readonly format: string
  /** a container's header; empty for other formats */
  readonly header: Uint8Array
  /** what the header says; undefined if it has not arrived, or the format has none */
  readonly facts: Pick<StreamFacts, 'subtype'> | undefined
  readonly title: string
  /** by the clock that does not step back, ms */
  readonly startedAtMs: number
  /** kbit/s; 0: unknown */
  readonly kbps: number
  follow(tap: MountTap): { chunks: readonly Chunk[]; leave: () => void }
}
