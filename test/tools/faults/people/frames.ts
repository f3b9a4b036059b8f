import { frameBytesAt, numberedFrame, numberIn } from '../../../kit/audio/numbered-frames.ts'

/** A place in the audio of one connection at which frames are missing. */
export interface Gap {
  /** the last frame before it, and the first after it */
  after: number
  next: number
}

/** zeros between two frames that a player passes over without losing its place */
const zerosMax = 1024

/** frames that have been made, so that each is made once for all listeners of a process */
const made = new Map<number, Buffer>()
/** frames that are kept: two minutes of them, more than listeners are apart */
const madeMax = 5000

function frameOf(n: number): Buffer {
  const known = made.get(n)
  if (known) return known
  const frame = Buffer.from(numberedFrame(n))
  made.set(n, frame)
  if (made.size > madeMax) made.delete(made.keys().next().value ?? n)
  return frame
}

/**
 * Checks the audio of one connection: complete frames of the source, one after the other. A gap between two complete frames
 * is passed to `onGap`; anything else that is not the next frame is a fault.
 */
export class FrameCheck {
  #rest = Buffer.alloc(0)
  #zeros = 0
  #onGap: (gap: Gap) => void
  /** the numbers of the first and the last complete frame; -1 before the first */
  first = -1
  last = -1
  /** complete frames */
  count = 0
  /** the first fault */
  fault: string | undefined

  constructor(onGap: (gap: Gap) => void) {
    this.#onGap = onGap
  }

  /** no part of a frame is left */
  get isWhole(): boolean {
    return this.#rest.length === 0
  }

  push(bytes: Buffer): void {
    if (this.fault !== undefined) return
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    while (this.fault === undefined && at < all.length) {
      if (all[at] === 0) {
        at++
        if (++this.#zeros > zerosMax && this.count > 0)
          this.fault = `more than ${zerosMax} zeros after frame ${this.last}`
        continue
      }
      const length = at + 4 > all.length ? Number.POSITIVE_INFINITY : frameBytesAt(all, at)
      if (at + length > all.length) break
      this.#take(all.subarray(at, at + length))
      at += length
    }
    this.#rest = Buffer.from(all.subarray(at)) // a copy: the caller's buffer is read into again
  }

  #take(frame: Buffer): void {
    const expected = this.last + 1
    this.#zeros = 0
    if (this.count > 0 && frame.equals(frameOf(expected))) {
      this.last = expected
      this.count++
      return
    }
    const number = numberIn(frame)
    if (number === undefined)
      this.fault = `not a frame of the source after frame ${this.last} (${this.count} heard)`
    else if (this.count > 0 && number <= this.last)
      this.fault = `frame ${number} was repeated after frame ${this.last}`
    else {
      if (this.count > 0) this.#onGap({ after: this.last, next: number })
      else this.first = number
      this.last = number
      this.count++
    }
  }
}
