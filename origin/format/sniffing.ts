import { adtsFormat } from './adts.ts'
import { FrameFramer } from './frame-framer.ts'
import { type Comments, type Cut, type Framer, Pending } from './framer.ts'
import { formatLimits } from './limits.ts'
import { mpegFormat } from './mpeg.ts'

const magicBytes = 4
const magics = [
  { format: 'ogg', bytes: [0x4f, 0x67, 0x67, 0x53] }, // OggS
  { format: 'webm', bytes: [0x1a, 0x45, 0xdf, 0xa3] },
] as const

/** Formats in which whole MPEG or ADTS frames may lie in a row, though the stream is none of them. */
const carriers = /^(audio|video)\/(x-)?(mp4|m4a|mp2t|quicktime|flac|wave?|nsv|msvideo)$/

/**
 * Frames a stream by what it is, where its content type says something else: Ogg and WebM are known by their first bytes,
 * MPEG audio and AAC by frames in a row. Once the stream is found to be one or the other, or neither, no more is asked.
 */
export class SniffingFramer implements Framer {
  #inner: Framer
  #create: (format: string) => Framer
  /** what the first bytes are; undefined once they have been looked at */
  #first: Pending | undefined = new Pending()
  /** all so far that a container would leave out; undefined once it is known what it is */
  #left: Pending | undefined
  /** readers of frames, one of which may find its own; undefined once it is known what it is */
  #probes: FrameFramer[] | undefined
  #seenBytes = 0

  /** @param announced the framer of what the content type says @param create the framer of a format */
  constructor(announced: Framer, create: (format: string) => Framer) {
    this.#inner = announced
    this.#create = create
    if (announced.isContainer) this.#left = new Pending()
    if (!carriers.test(announced.format))
      this.#probes = [mpegFormat, adtsFormat]
        .filter(({ name }) => name !== announced.format)
        .map((format) => new FrameFramer(format))
  }

  get format(): string {
    return this.#inner.format
  }
  get sound() {
    return this.#inner.sound
  }
  get kbps(): number {
    return this.#inner.kbps
  }
  get hasFrames(): boolean {
    return this.#inner.hasFrames
  }
  get isFound(): boolean {
    return this.#inner.isFound
  }
  get isContainer(): boolean {
    return this.#inner.isContainer
  }
  get length(): number {
    return this.#inner.length + (this.#first?.length ?? 0)
  }

  peek(): Uint8Array {
    return this.#first && this.#first.length > 0 ? this.#first.bytes : this.#inner.peek()
  }

  push(bytes: Uint8Array): void {
    if (!this.#first) {
      this.#frame(bytes)
      return
    }
    this.#first.append(bytes)
    if (this.#first.length < magicBytes) return
    this.#lookAtFirst(this.#first)
  }

  take(): Cut {
    return this.#inner.take()
  }

  takeAll(): Cut {
    if (this.#first && this.#first.length > 0) this.#lookAtFirst(this.#first)
    return this.#inner.takeAll()
  }

  retitle(comments: Comments): boolean {
    return this.#inner.retitle?.(comments) === true
  }

  #lookAtFirst({ bytes }: Pending): void {
    this.#first = undefined
    const found = magics.find((magic) => magic.bytes.every((byte, i) => bytes[i] === byte))
    if (found && found.format !== this.#inner.format) this.#turnTo(found.format, bytes)
    else this.#frame(bytes)
  }

  #frame(bytes: Uint8Array): void {
    if (this.#probes) this.#sniff(bytes, this.#probes)
    else this.#inner.push(bytes)
  }

  #sniff(bytes: Uint8Array, probes: readonly FrameFramer[]): void {
    this.#seenBytes += bytes.length
    this.#left?.append(bytes)
    this.#inner.push(bytes)
    if (this.#inner.isFound || this.#seenBytes > formatLimits.sniffBytesMax) {
      this.#settle()
      return
    }
    for (const probe of probes) {
      probe.push(bytes)
      probe.take()
      if (!probe.isFound) continue
      // a container has let nothing of it out; what else there is went out as it came, but for what is held
      this.#turnTo(probe.format, this.#left?.bytes ?? this.#inner.takeAll().bytes)
      return
    }
  }

  #turnTo(format: string, bytes: Uint8Array): void {
    this.#inner = this.#create(format)
    this.#settle()
    this.#inner.push(bytes)
  }

  #settle(): void {
    this.#probes = undefined
    this.#left = undefined
  }
}
