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

/** content types of carriers that can contain consecutive MPEG or ADTS frames without being such a stream */
const carriers = /^(audio|video)\/(x-)?(mp4|m4a|mp2t|quicktime|flac|wave?|nsv|msvideo)$/

/**
 * Detects a stream's format if the content type is wrong: Ogg and WebM by their first bytes, MPEG audio and AAC by
 * consecutive frames. Detection stops once the announced or another format is found, or after a limit.
 */
export class SniffingFramer implements Framer {
  #inner: Framer
  #create: (format: string) => Framer
  /** the first bytes, until they have been checked; then undefined */
  #first: Pending | undefined = new Pending()
  /** bytes that a container framer would drop, until the format is known; then undefined */
  #left: Pending | undefined
  /** frame readers for the other formats, until the format is known; then undefined */
  #probes: FrameFramer[] | undefined
  #seenBytes = 0

  /** @param announced framer for the announced content type @param create creates the framer for a format */
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
      // a container framer has released nothing so far; other framers have, except for the bytes they still hold
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
