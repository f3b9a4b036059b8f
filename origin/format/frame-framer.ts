import { type AudioFacts, type Cut, type Frame, type FrameFormat, type Framer, Pending } from './framer.ts'
import { formatLimits } from './limits.ts'
import { tagAt } from './tags.ts'

/**
 * consecutive headers, each where the previous frame ends, needed to recognize a stream: a single header occurs by
 * chance
 */
const headersToLock = 3
/** share of the old mean that each new frame keeps: it averages over some ten seconds */
const meanDecay = 0.998

/**
 * Cuts a stream of self-delimiting frames (MPEG audio, ADTS) at their starts.
 *
 *   bytes held   [ whole frame | whole frame | part of a frame ]
 *                ^ 0           ^             ^ #at, the header read last or expected next
 *
 * Bytes outside frames (tags, noise) pass through with the frames around them and are never a starting point. A tag is
 * passed on in one piece, so that no listener leaves or joins within it.
 */
export class FrameFramer implements Framer {
  readonly isContainer = false
  #format: FrameFormat
  #pending = new Pending()
  #frames: number[] = []
  /** offset of the next header; beyond the end while the rest of a frame or tag is missing */
  #at = 0
  /** start of the frame or tag that ends at `#at`; undefined if its start has been taken already */
  #open: number | undefined
  /** `kind` of the stream's frames; undefined until the stream is recognized */
  #kind: number | undefined
  /** until the stream is recognized, a tag can begin only at this offset: at the start, or after a frame */
  #tagAt = 0
  /** bytes since the last frame or tag that belong to neither */
  #lostBytes = 0
  #latest: Frame | undefined
  #meanBytes = 0
  #meanMs = 0
  /** total duration of all frames so far, in ms */
  playedMs = 0

  constructor(format: FrameFormat) {
    this.#format = format
  }

  get format(): string {
    return this.#format.name
  }

  get sound(): AudioFacts | undefined {
    if (!this.#latest) return undefined
    const { samplerate, channels, layer } = this.#latest
    return { samplerate, channels, layer }
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

  /** Consumes the element at `#at`; false if more bytes are needed. */
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

  /**
   * Whether a stream begins with this frame, that is, frames of its kind follow; undefined if more bytes are needed.
   */
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

/** Finds the next possible header: headers begin with eleven or twelve set bits. */
function nextSync(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(0xff, from)
  return at < 0 ? bytes.length : at
}
