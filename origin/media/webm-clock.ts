import { WebmFramer } from '../format/webm/webm-framer.ts'
import type { MediaClock } from './media-clock.ts'

/** Measures a WebM file by its blocks. */
export class WebmClock implements MediaClock {
  #framer = new WebmFramer()
  /** FFmpeg and mpv treat a second header as the end of the stream */
  headerBytes: number | undefined
  #takenBytes = 0

  get playedMs(): number {
    return this.#framer.playedMs
  }

  push(bytes: Uint8Array): void {
    this.#framer.push(bytes)
    const { bytes: taken, headers = [] } = this.#framer.take()
    const [first] = headers
    if (first) this.headerBytes ??= this.#takenBytes + first.at
    this.#takenBytes += taken.length
  }
}
