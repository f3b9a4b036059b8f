import { type Cut, type Frame, type FrameFormat, type Framer, Pending } from './framer.ts'

/** headers in a row, each where the one before says, until a stream counts as found: one alone occurs by chance */
const headersToLock = 3
/** bytes of an ID3v2 tag that we step over; a bigger one is more likely chance than a picture */
const tagBytesMax = 16 * 1024 * 1024
/** share of the old mean that stays with each frame: some ten seconds count */
const meanDecay = 0.998

/**
 * Cuts a stream of self-delimiting frames (MPEG audio, ADTS) at their starts.
 *
 *   bytes held   [ whole frame | whole frame | part of a frame ]
 *                ^ 0           ^             ^ #at, the header read last or expected next
 *
 * What is no frame (tags, noise) goes through with the frames around it and is never a start.
 */
export class FrameFramer implements Framer {
  readonly hasFrames = true
  readonly isContainer = false
  #format: FrameFormat
  #pending = new Pending()
  #frames: number[] = []
  /** offset of the next header; beyond the end while the rest of a frame or tag has yet to come */
  #at = 0
  /** start of the frame that ends at `#at`; undefined where that is a tag, or the start was taken already */
  #open: number | undefined
  /** `kind` of the stream's frames; undefined while it is not found */
  #kind: number | undefined
  /** where it was not found yet, a tag may stand at this offset alone: at the beginning, and behind a frame */
  #tagAt = 0
  #meanBytes = 0
  #meanMs = 0
  /** ms that all frames so far play */
  playedMs = 0

  constructor(format: FrameFormat) {
    this.#format = format
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
      if (startsTag(held, at) && at + 10 > held.length) return false
      const tag = tagLength(held, at)
      if (tag > 0) return this.#advance(at + tag, undefined)
    }
    const frame = this.#format.parse(held, at)
    if (this.#kind !== undefined && frame?.kind === this.#kind) return this.#found(at, frame)
    const locks = frame === undefined ? false : this.#locks(held, at, frame)
    if (locks === undefined) return false
    this.#kind = locks ? frame?.kind : undefined
    if (!locks) this.#at = nextSync(held, at + 1)
    return true
  }

  #found(at: number, frame: Frame): boolean {
    this.#frames.push(at)
    this.playedMs += frame.durationMs
    this.#meanBytes = this.#meanBytes * meanDecay + frame.length
    this.#meanMs = this.#meanMs * meanDecay + frame.durationMs
    return this.#advance(at + frame.length, at)
  }

  #advance(to: number, frameStart: number | undefined): boolean {
    this.#at = to
    this.#tagAt = to
    this.#open = frameStart
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

const startsTag = (bytes: Uint8Array, at: number) =>
  bytes[at] === 0x49 && bytes[at + 1] === 0x44 && bytes[at + 2] === 0x33

/** Bytes of the ID3v2 (`ID3`) or ID3v1 (`TAG`) tag at this offset; 0 where none stands there. */
function tagLength(bytes: Uint8Array, at: number): number {
  if (bytes[at] === 0x54 && bytes[at + 1] === 0x41 && bytes[at + 2] === 0x47) return 128
  if (!startsTag(bytes, at)) return 0
  let size = 0
  for (let i = 6; i < 10; i++) {
    const byte = bytes[at + i] ?? 0xff
    if (byte > 0x7f) return 0 // sizes are written in seven bits a byte (ID3v2.4 §6.2)
    size = size * 128 + byte
  }
  const footer = ((bytes[at + 5] ?? 0) & 0x10) === 0 ? 0 : 10
  return size > tagBytesMax ? 0 : 10 + size + footer
}
