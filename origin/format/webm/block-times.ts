import { readSelfSized } from './ebml.ts'
import type { Timing } from './tracks.ts'

/** The head of a block (RFC 9559 §10.1). */
export interface BlockHead {
  track: number
  /** ticks relative to its Cluster's timestamp, signed */
  ticks: number
  /** whether a SimpleBlock is a key frame; a Block's flags do not say */
  isKey: boolean
}

/** bytes that are enough to hold a block's head */
export const blockHeadBytes = 11

/** Reads the head of a block; undefined if it is truncated. */
export function readBlockHead(content: Uint8Array): BlockHead | undefined {
  const track = readSelfSized(content)
  if (!track || track.length + 3 > content.length) return undefined
  const ticks = new DataView(content.buffer, content.byteOffset, content.length).getInt16(track.length)
  return { track: track.value, ticks, isKey: ((content[track.length + 2] ?? 0) & 0x80) !== 0 }
}

interface Track {
  /** ms at which its latest block begins */
  lastMs: number
  /**
   * duration of the latest block in ms: given by the block or the track, else the smallest distance between two blocks
   */
  lengthMs: number
}

/** Measures how long blocks play, from their timestamps. */
export class BlockTimes {
  /** ms under previous headers */
  #beforeMs = 0
  #timing: Timing | undefined
  #tracks = new Map<number, Track>()
  /** track of the last block, if that block is the latest of its track */
  #newest: Track | undefined
  #clusterTicks = 0
  #fromMs: number | undefined

  /** ms that all blocks so far play; if timestamps do not tell, the duration in the header */
  get playedMs(): number {
    const fromMs = this.#fromMs
    if (fromMs === undefined) return this.#beforeMs
    let blocksMs = 0
    for (const { lastMs, lengthMs } of this.#tracks.values())
      blocksMs = Math.max(blocksMs, lastMs + lengthMs - fromMs)
    return this.#beforeMs + (blocksMs || (this.#timing?.durationMs ?? 0))
  }

  /** Starts a new sequence of blocks, whose timestamps begin again. */
  begin(timing: Timing): void {
    this.#beforeMs = this.playedMs
    this.#timing = timing
    this.#tracks.clear()
    this.#newest = undefined
    this.#clusterTicks = 0
    this.#fromMs = undefined
  }

  cluster(ticks: number): void {
    this.#clusterTicks = ticks
  }

  block({ track: number, ticks }: BlockHead): void {
    const known = this.#timing?.tracks.get(number)
    if (!this.#timing || !known) return
    const ms = (this.#clusterTicks + ticks) * this.#timing.tickMs
    this.#fromMs = Math.min(this.#fromMs ?? ms, ms)
    const track = this.#tracks.get(number) ?? { lastMs: ms, lengthMs: known.blockMs }
    this.#tracks.set(number, track)
    const sinceMs = ms - track.lastMs
    this.#newest = sinceMs < 0 ? undefined : track // a block shown before an earlier one (B-frame order) gives no duration
    if (sinceMs <= 0) return
    track.lengthMs = known.blockMs || Math.min(track.lengthMs || sinceMs, sinceMs)
    track.lastMs = ms
  }

  /** Sets the duration that the last block states. */
  duration(ticks: number): void {
    if (this.#newest && this.#timing && ticks > 0) this.#newest.lengthMs = ticks * this.#timing.tickMs
  }
}
