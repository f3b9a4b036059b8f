import { adtsFormat } from '../format/adts.ts'
import { formatOf } from '../format/formats.ts'
import { FrameFramer } from '../format/frame-framer.ts'
import { mpegFormat } from '../format/mpeg.ts'
import type { MediaClock } from './media-clock.ts'
import { OggClock } from './ogg-clock.ts'
import { WebmClock } from './webm-clock.ts'

/** The clock for a content type; undefined if none is known, so the file cannot be sent at playback speed. */
export function mediaClock(contentType: string): MediaClock | undefined {
  switch (formatOf(contentType)) {
    case 'mpeg':
      return new FrameClock(new FrameFramer(mpegFormat))
    case 'adts':
      return new FrameClock(new FrameFramer(adtsFormat))
    case 'ogg':
      return new OggClock()
    case 'webm':
      return new WebmClock()
    default:
      return undefined
  }
}

/** Each frame states how long it plays. */
class FrameClock implements MediaClock {
  #framer: FrameFramer
  /** tags before the first frame: a cover picture is not sent again in each round */
  headerBytes: number | undefined
  #takenBytes = 0

  constructor(framer: FrameFramer) {
    this.#framer = framer
  }

  get playedMs(): number {
    return this.#framer.playedMs
  }

  push(bytes: Uint8Array): void {
    this.#framer.push(bytes)
    const { bytes: taken, frames } = this.#framer.take()
    if (frames[0] !== undefined) this.headerBytes ??= this.#takenBytes + frames[0]
    this.#takenBytes += taken.length
  }
}
