import { type AudioFacts, type Cut, type Frame, type FrameFormat, type Framer, Pending } from './framer.ts'
import { formatLimits } from './limits.ts'
import { tagAt } from './tags.ts'

/** headers in a row, each where the one before says, until a stream counts as found: one alone occurs by chance */
const headersToLock = 3
/** share of the old mean that stays with each frame: some ten seconds count */
const meanDecay = 0.998

/**
 * Cuts a stream of self-delimiting frames (MPEG audio, ADTS) at their starts.
 *
 *   bytes held   [ whole frame | whole frame | part of a frame ]
 *                ^ 0           ^             ^ #at, the header read last or expected next
 *
 * What is not a frame (tags, noise) goes through with the frames around it and is never a start. A tag goes out in one
 * piece, so that nobody leaves or joins within it.
 */
export class FrameFramer implements Framer {
  readonly isContainer = false
  #format: FrameFormat
  #pending = new Pending()
  #frames: number[] = []
  /** offset of the next header; beyond the end while the rest of a frame or tag has yet to come */
  #at = 0
  /** start of the frame or tag that ends at `#at`; undefined where its start was taken already */
  #open: number | undefined
  /** `kind` of the stream's frames; undefined while it is not found */
  #kind: number | undefined
  /** where it was not found yet, a tag may stand at this offset alone: at the beginning, and behind a frame */
  #tagAt = 0
  /** bytes since the last frame or tag that are neither */
  #lostBytes = 0
  #latest: Frame | undefined
  #meanBytes = 0
  #meanMs = 0
  /** ms that all frames so far play */
  playedMs = 0

  constructor(format: FrameFormat) {
    this.#format = format
  }

  get format(): string {
    return this.#format.name
  }

  get sound(): AudioFacts | undefined {
    return this.#latest && { samplerate: this.#latest.samplerate, channels: this.#latest.channels }
  }

  get hasFrames(): boolean {
    return this.#lostBytes < formatLimits.framelessBytesMax
  }

  get isFound(): boolean {
    return this.#latest !== undefined
  }

  get length(): number {
    return this.#pending.length
  }

  peek(): Uint8Array {
    return this.#pending.bytes
  }

  get kbps(): number {
    return this.#meanMs === 0 ? 0 : Math.round((this.#meanBytes * 8) / this.#meanMs)
  }

  push(bytes: Uint8Array): void {
    this.#pending.append(bytes)
    const held = this.#pending.bytes
    while (this.#step(held)) {
      // until more bytes are needed
    }
  }

  take(): Cut {
    const { length } = this.#pending
    return this.#cut(this.#at <= length ? this.#at : (this.#open ?? length))
  }

  takeAll(): Cut {
    return this.#cut(this.#pending.length)
  }

  #cut(count: number): Cut {
    const frames = this.#frames.filter((start) => start < count)
    this.#frames = this.#frames.slice(frames.length).map((start) => start - count)
    this.#at = Math.max(0, this.#at - count)
    this.#tagAt -= count
    this.#open = this.#open === undefined || this.#open < count ? undefined : this.#open - count
    return { bytes: this.#pending.shift(count), frames }
  }

  /** Takes in what stands at `#at`; false where that needs more bytes. */
  #step(held: Uint8Array): boolean {
    const at = this.#at
    if (at + this.#format.headerBytes > held.length) return false
    if (this.#kind !== undefined || at === this.#tagAt) {
      const tag = tagAt(held, at)
      if (tag === 'short') return false
      if (tag) return this.#advance(at + tag, tag <= formatLimits.tagHeldBytesMax ? at : undefined)
    }
    const frame = this.#format.parse(held, at)
    if (this.#kind !== undefined && frame?.kind === this.#kind) return this.#found(at, frame)
    const locks = frame === undefined ? false : this.#locks(held, at, frame)
    if (locks === undefined) return false
    this.#kind = locks ? frame?.kind : undefined
    if (locks) return true
    this.#at = nextSync(held, at + 1)
    this.#lostBytes += this.#at - at
    return true
  }

  #found(at: number, frame: Frame): boolean {
    this.#frames.push(at)
    this.#latest = frame
    this.playedMs += frame.durationMs
    this.#meanBytes = this.#meanBytes * meanDecay + frame.length
    this.#meanMs = this.#meanMs * meanDecay + frame.durationMs
    return this.#advance(at + frame.length, at)
  }

  #advance(to: number, start: number | undefined): boolean {
    this.#at = to
    this.#tagAt = to
    this.#open = start
    this.#lostBytes = 0
    return true
  }

  /** Whether a stream begins with this frame: others of its kind follow; undefined where that needs more bytes. */
  #locks(held: Uint8Array, at: number, first: Frame): boolean | undefined {
    let next = at + first.length
    for (let found = 1; found < headersToLock; found++) {
      if (next + this.#format.headerBytes > held.length) return undefined
      const frame = this.#format.parse(held, next)
      if (frame?.kind !== first.kind) return false
      next += frame.length
    }
    return true
  }
}

/** Headers begin with eleven or twelve set bits. */
function nextSync(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(0xff, from)
  return at < 0 ? bytes.length : at
}
