import { frameBytesAt, frameBytesMax, numberIn } from '../../../kit/audio/numbered-frames.ts'
import type { Gap } from './frames.ts'

/**
 * The audio of one connection to a stock Icecast, which begins and ends inside of frames: what stands between two complete frames is
 * passed over. Wherever the next complete frame is not the one that should follow, `onGap` hears of it, also where it goes back.
 */
export class LooseCheck {
  #rest = Buffer.alloc(0)
  #onGap: (gap: Gap) => void
  last = -1
  count = 0
  readonly fault = undefined

  constructor(onGap: (gap: Gap) => void) {
    this.#onGap = onGap
  }

  push(bytes: Buffer): void {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    while (at + frameBytesMax <= all.length) {
      const number = isHead(all, at) ? numberIn(all.subarray(at, at + frameBytesAt(all, at))) : undefined
      if (number === undefined) {
        at++
        continue
      }
      if (this.count > 0 && number !== this.last + 1) this.#onGap({ after: this.last, next: number })
      this.last = number
      this.count++
      at += frameBytesAt(all, at)
    }
    this.#rest = Buffer.from(all.subarray(at)) // a copy: the caller's buffer is read into again
  }
}

const isHead = (bytes: Buffer, at: number) => bytes[at] === 0xff && bytes[at + 1] === 0xfb
