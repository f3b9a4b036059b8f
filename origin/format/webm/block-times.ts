import { readSelfSized } from './ebml.ts'
import type { Timing } from './tracks.ts'

/** What stands at the beginning of a block (RFC 9559 §10.1). */
export interface BlockHead {
  track: number
  /** ticks from its Cluster's time on, signed */
  ticks: number
  /** of a SimpleBlock; a Block's flags do not say */
  isKey: boolean
}

/** bytes of a block that its head fits in */
export const blockHeadBytes = 11

/** Reads the beginning of a block's content; undefined where it is cut short. */
export function readBlockHead(content: Uint8Array): BlockHead | undefined {
  const track = readSelfSized(content)
  if (!track || track.length + 3 > content.length) return undefined
  const ticks = new DataView(content.buffer, content.byteOffset, content.length).getInt16(track.length)
  return { track: track.value, ticks, isKey: ((content[track.length + 2] ?? 0) & 0x80) !== 0 }
}

interface Track {
  /** ms at which its latest block begins */
  lastMs: number
  /** ms that the latest block plays: as it says itself, its track says, or as the shortest distance of two */
  lengthMs: number
}

/** Counts how long blocks play, by the times that they begin at. */
export class BlockTimes {
  /** ms of the headers behind */
  #beforeMs = 0
  #timing: Timing | undefined
  #tracks = new Map<number, Track>()
  /** of the block that came last, where it is the latest of its track */
  #newest: Track | undefined
  #clusterTicks = 0
  #fromMs: number | undefined

  /** ms that all blocks so far play; where their times do not tell, what the header claims */
  get playedMs(): number {
    const fromMs = this.#fromMs
    if (fromMs === undefined) return this.#beforeMs
    let blocksMs = 0
    for (const { lastMs, lengthMs } of this.#tracks.values())
      blocksMs = Math.max(blocksMs, lastMs + lengthMs - fromMs)
    return this.#beforeMs + (blocksMs || (this.#timing?.durationMs ?? 0))
  }

  /** Other blocks follow, whose time begins anew. */
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
    this.#newest = sinceMs < 0 ? undefined : track // one that is shown before one that came before it tells nothing
    if (sinceMs <= 0) return
    track.lengthMs = known.blockMs || Math.min(track.lengthMs || sinceMs, sinceMs)
    track.lastMs = ms
  }

  /** The block that came last says how long it is. */
  duration(ticks: number): void {
    if (this.#newest && this.#timing && ticks > 0) this.#newest.lengthMs = ticks * this.#timing.tickMs
  }
}
