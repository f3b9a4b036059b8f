import { joined } from '../../../shared/bytes.ts'
import { framerForFeed } from '../../format/formats.ts'
import type { AudioFacts, Comments, Cut, Framer, StreamFacts } from '../../format/framer.ts'
import { cleanFacts, cleanMetadata } from '../../icy/clean.ts'
import type { IcyMetadata } from '../../icy/metadata.ts'
import type { Timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'
import type { Sizes } from './burst.ts'
import type { Listener } from './listener.ts'
import { Plain } from './plain.ts'
import { asBuffer, type Chunk } from './queue.ts'
import { Titles } from './titles.ts'
import { Woven } from './woven.ts'

export interface StreamOptions {
  /** what holds now: settings may change while the mount runs */
  sizes: () => Sizes
  /** what listeners are told titles in, now; undefined: UTF-8 */
  charset: () => string | undefined
  /** ms, a clock that does not step back */
  nowMs: () => number
  timers: Timers
  /** called after each turn of writes, to count them and drop who fell off */
  settle: () => void
  /** another title holds from here on */
  onTitle: (title: string) => void
  /** what it says of itself is another than before: its title, or its header */
  onTold: () => void
  /**
   * The feed turns out to be of another format than it was taken for.
   * @param mustGo listeners who cannot go on with it: they were promised ICY metadata, or have heard the other
   */
  onFormat: (mustGo: (listener: Listener) => boolean) => void
  /** what listeners get next, as it came from the feed */
  onChunk: (bytes: Uint8Array) => void
}

/**
 * The bytes of a mount: cut where a listener may begin, kept for a while as they are and with ICY metadata woven in, and
 * handed to who listens to the one or the other.
 */
export class Stream {
  #options: StreamOptions
  /** what it is, by its bytes where those tell; before, by what its feed says */
  #format: string
  #framer: Framer
  #titles: Titles
  #plain: Plain
  /** one for each metaint that listeners were told: a listener keeps the one of its head over every move */
  #woven = new Map<number, Woven>()

  /** @param format what its feed says that it is */
  constructor(format: string, options: StreamOptions) {
    this.#options = options
    this.#titles = new Titles(options.charset)
    this.#format = format
    this.#framer = framerForFeed(format)
    const { sizes, nowMs, timers, settle } = options
    this.#plain = new Plain({ sizes, nowMs, isContainer: this.#framer.isContainer }, timers, settle)
  }

  /** what its header says of it, where it has one that does */
  facts: StreamFacts | undefined

  get format(): string {
    return this.#format
  }
  /** whether its bytes have told its format, or have had enough time to */
  get isSure(): boolean {
    const { isFound, hasFrames } = this.#framer
    return isFound || !hasFrames || this.queuedBytes >= limits.framelessBytesMax
  }
  /** what its frames say of their sound, or its header */
  get sound(): AudioFacts | undefined {
    return this.#framer.sound ?? this.facts
  }
  get title(): string {
    return this.#titles.current.title
  }
  /** the block of ICY metadata that says what plays */
  get titleBlock(): Uint8Array {
    return this.#titles.currentBlock
  }
  /** kbit/s of the audio by its own headers; 0 where it does not say */
  get kbps(): number {
    return this.#framer.kbps
  }
  get isContainer(): boolean {
    return this.#framer.isContainer
  }
  get queuedBytes(): number {
    return this.#plain.queue.endOffset - this.#plain.queue.firstOffset
  }
  get queuedChunks(): number {
    return this.#plain.queue.chunks.length
  }
  /** bytes that have come and are not out yet */
  get pendingBytes(): number {
    return this.#framer.length
  }
  get listeners(): Listener[] {
    return [...this.#plain.listeners, ...[...this.#woven.values()].flatMap((woven) => woven.listeners)]
  }
  /** what the newest bytes of a container cannot be understood without; empty where there is no such thing */
  get header(): Uint8Array {
    return this.#plain.header
  }

  /** The newest bytes that came, at most so many, those that are not out yet included. */
  tail(bytes: number): Uint8Array {
    const { queue } = this.#plain
    const held = this.#framer.peek()
    const fromQueue = queue.slice(queue.endOffset - Math.max(0, bytes - held.length))
    return joined([...fromQueue, held]).slice(-bytes)
  }

  /** Takes bytes in; they leave with the next flush. @throws FormatError */
  push(bytes: Uint8Array): void {
    this.#framer.push(bytes)
    if (this.#framer.format !== this.#format) this.#turn()
  }

  /** True where that is another title than before. */
  setTitle(metadata: IcyMetadata): boolean {
    return this.#setTitleFrom(this.#plain.queue.endOffset + this.#framer.length, metadata)
  }

  /** Changes the comments of a stream that has its titles in them, from its next page on; false where we cannot. */
  retitle(comments: Comments): boolean {
    return this.#framer.retitle?.(comments) === true
  }

  /** Takes in a new listener, and returns what it gets at once. */
  join(listener: Listener): readonly Uint8Array[] {
    return listener.metaint === 0
      ? this.#plain.join(listener)
      : this.#wovenFor(listener.metaint).join(listener)
  }

  /**
   * Takes in a listener from elsewhere, who begins within the newest so many bytes.
   * @param since bytes of audio that it has had since its last block of metadata
   */
  enter(listener: Listener, since: number, bytesMax: number): void {
    // FFmpeg and mpv take a second header of WebM for the end of the stream; Ogg is made to have links
    const needsHeader = this.#format !== 'webm'
    if (listener.metaint === 0) this.#plain.enter(listener, bytesMax, needsHeader)
    else this.#wovenFor(listener.metaint).enter(listener, since, bytesMax)
  }

  /** Whether a listener who enters finds a offset to begin at once, or will find no better one. */
  isReadyFor({ metaint }: Listener): boolean {
    const { hasStart, queue } = this.#plain
    if (!hasStart || metaint === 0 || !this.#framer.hasFrames) return hasStart
    return queue.newestFrame !== undefined || this.queuedBytes >= limits.framelessBytesMax
  }

  /** The bytes that a listener has had since its last block of metadata; undefined where it was not among them. */
  delete(listener: Listener): number | undefined {
    if (listener.metaint === 0) return this.#plain.delete(listener) ? 0 : undefined
    return this.#woven.get(listener.metaint)?.delete(listener)
  }

  /** Hands out whole frames; with `all` also what has come of the next one. */
  flush(all = false): void {
    this.#emit(all ? this.#framer.takeAll() : this.#framer.take())
  }

  /** Hands out whole frames where there are any: within a big tag or header, listeners are not gone through for nothing. */
  flushWhole(): void {
    const cut = this.#framer.take()
    if (cut.bytes.length > 0) this.#emit(cut)
  }

  /** Nothing has come for a while: hands out all, but of frames the whole ones, for it may be another that comes next. */
  pause(): void {
    this.flush(!this.#framer.hasFrames)
  }

  /** Hands out what listeners have not got yet. */
  send(): void {
    this.#plain.flush()
    for (const woven of this.#woven.values()) woven.flush()
  }

  /** What comes next does not follow what came before: half a frame there is let go. */
  breakOff(): void {
    this.flush()
    this.#framer = this.#framer.isContainer ? this.#framer : framerForFeed(this.#format)
  }

  /** What comes next is another beginning: of a container, half a page before it is of no use. */
  beginAnew(format: string): void {
    this.flush(true)
    this.#format = format
    this.#framer = framerForFeed(format)
    this.facts = undefined
  }

  /** Forgets all it holds: nobody listens, and what comes next has nothing to do with it. */
  clear(): void {
    this.#plain.clear(this.isContainer)
    this.#woven.clear()
  }

  /** Goes on by what the bytes are; listeners of frames cannot go on with pages, nor the other way round. */
  #turn(): void {
    const { isContainer, format } = this.#framer
    this.#format = format
    const isBegun = this.#plain.queue.endOffset > 0
    const mustGo =
      isContainer === this.#plain.isContainer
        ? () => false
        : ({ metaint }: Listener) => isBegun || metaint > 0
    this.#options.onFormat(mustGo)
    if (isContainer !== this.#plain.isContainer) this.clear()
    this.#options.onTold()
  }

  #wovenFor(metaint: number): Woven {
    const held = this.#woven.get(metaint)
    if (held) return held
    const { sizes, nowMs, timers, settle } = this.#options
    const hasFrames = () => this.#framer.hasFrames
    const options = { metaint, plain: this.#plain.queue, hasFrames, titles: this.#titles, sizes, nowMs }
    const woven = new Woven(options, timers, settle)
    this.#woven.set(metaint, woven)
    return woven
  }

  #setTitleFrom(offset: number, told: IcyMetadata): boolean {
    const metadata = cleanMetadata(told)
    const isNew = this.#titles.set(offset, metadata)
    if (isNew) {
      this.#options.onTitle(metadata.title)
      this.#options.onTold()
    }
    return isNew
  }

  #emit({ bytes, frames, headers = [] }: Cut): void {
    if (bytes.length > 0) {
      const { queue } = this.#plain
      const offset = queue.endOffset
      const chunk = { bytes: asBuffer(bytes), frames }
      this.#plain.push(chunk, headers)
      for (const { at, title, facts } of headers) {
        this.facts = facts && cleanFacts(facts)
        if (title !== undefined) this.#setTitleFrom(offset + at, { title, url: undefined })
      }
      if (headers.length > 0) this.#options.onTold()
      this.#weave(chunk, offset)
      this.#titles.prune(queue.firstOffset)
      this.#options.onChunk(chunk.bytes)
    }
    this.send()
  }

  #weave(chunk: Chunk, offset: number): void {
    for (const [metaint, woven] of this.#woven)
      if (woven.isIdle) this.#woven.delete(metaint)
      else woven.push(chunk, offset)
  }
}
