import { elementIds, readElementHead } from '../format/webm/ebml.ts'
import { WebmFramer } from '../format/webm/webm-framer.ts'
import type { MediaClock } from './clock.ts'

/** a Cluster's time (RFC 9559 §5.1.3.1), in ms unless the file counts otherwise, which none is known to */
const timestampId = 0xe7
/** bytes behind a Cluster's head in which its time stands: it comes first, or behind a checksum */
const timestampWithin = 32

/** Reads the time of a WebM file from its Clusters. */
export class WebmClock implements MediaClock {
  #framer = new WebmFramer()
  #fromMs: number | undefined
  #lastMs = 0
  playedMs = 0
  /** FFmpeg and mpv take a second header for the end of the stream */
  headerBytes: number | undefined
  #takenBytes = 0

  push(bytes: Uint8Array): void {
    this.#framer.push(bytes)
    const cut = this.#framer.take()
    const [first] = cut.frames
    if (first !== undefined) this.headerBytes ??= this.#takenBytes + first
    this.#takenBytes += cut.bytes.length
    for (const frame of cut.frames) this.#takeCluster(cut.bytes.subarray(frame))
  }

  #takeCluster(bytes: Uint8Array): void {
    const head = readElementHead(bytes)
    if (!head || head === 'short' || head.id !== elementIds.cluster) return
    const ms = timestampIn(bytes.subarray(head.length, head.length + timestampWithin))
    if (ms === undefined) return
    this.#fromMs ??= ms
    // how long it is shows when the next one comes: as long as the one before, until then
    const beforeMs = this.#lastMs
    this.#lastMs = ms - this.#fromMs
    this.playedMs = Math.max(this.playedMs, 2 * this.#lastMs - beforeMs)
  }
}

function timestampIn(bytes: Uint8Array): number | undefined {
  for (let at = 0; at < bytes.length; ) {
    const head = readElementHead(bytes.subarray(at))
    if (!head || head === 'short' || head.size === undefined) return undefined
    const content = bytes.subarray(at + head.length, at + head.length + head.size)
    if (head.id === timestampId && content.length === head.size)
      return content.reduce((value, byte) => value * 256 + byte, 0)
    at += head.length + head.size
  }
  return undefined
}
