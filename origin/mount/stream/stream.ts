import { joined } from '../../../shared/bytes.ts'
import type { Chunk } from '../../format/chunk.ts'
import { framerForFeed } from '../../format/formats.ts'
import type { AudioFacts, Comments, Cut, Framer, StreamFacts } from '../../format/framer.ts'
import { cleanFacts, cleanMetadata } from '../../icy/clean.ts'
import type { IcyMetadata } from '../../icy/metadata.ts'
import { asBuffer } from '../../lib/bytes.ts'
import type { Timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'
import type { Sizes } from './burst.ts'
import type { Listener } from './listener.ts'
import { Plain } from './plain.ts'
import { Titles } from './titles.ts'
import { Woven } from './woven.ts'

export interface StreamOptions {
  /** current sizes: settings may change while the mount runs */
  sizes: () => Sizes
  /** current charset of titles for listeners; undefined: UTF-8 */
  charset: () => string | undefined
  /** monotonic clock, in ms */
  nowMs: () => number
  timers: Timers
  /** called after each turn of writes, to count them and drop listeners that fell off */
  settle: () => void
  /** another title is valid from here on */
  onTitle: (title: string) => void
  /** the stream's title or header has changed */
  onTold: () => void
  /**
   * The feed has another format than announced.
   * @param mustGo listeners that cannot continue: they were promised ICY metadata, or have heard the old format
   */
  onFormat: (mustGo: (listener: Listener) => boolean) => void
  /** Gets the next bytes for listeners, as they came from the feed; true: it keeps them. */
  onChunk: (chunk: Chunk) => boolean
}

/**
 * The bytes of a mount: cut where a listener may begin, held for a while both plain and with ICY metadata, and sent to
 * the listeners of each.
 */
export class Stream {
  #options: StreamOptions
  /** its format, detected from the bytes; before that, as announced */
  #format: string
  #framer: Framer
  #titles: Titles
  #plain: Plain
  /** one for each metaint announced to a listener: a listener keeps its metaint when it moves */
  #woven = new Map<number, Woven>()

  /** @param format the announced format */
  constructor(format: string, options: StreamOptions) {
    this.#options = options
    this.#titles = new Titles(options.charset)
    this.#format = format
    this.#framer = framerForFeed(format)
    const { sizes, nowMs, timers, settle } = options
    this.#plain = new Plain({ sizes, nowMs, isContainer: this.#framer.isContainer }, timers, settle)
  }

  /** facts from its header, if it has any */
  facts: StreamFacts | undefined

  get format(): string {
    return this.#format
  }
  /** whether its bytes have shown the format, or have had enough time to */
  get isSure(): boolean {
    const { isFound, hasFrames } = this.#framer
    return isFound || !hasFrames || this.queuedBytes >= limits.framelessBytesMax
  }
  /** audio parameters from its frames or header */
  get sound(): AudioFacts | undefined {
    return this.#framer.sound ?? this.facts
  }
  get title(): string {
    return this.#titles.current.title
  }
  /** the ICY metadata block with the current title */
  get titleBlock(): Uint8Array {
    return this.#titles.currentBlock
  }
  /** kbit/s of the audio according to its headers; 0 if they do not say */
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
  /** the newest chunks, as they were passed on; oldest first */
  get chunks(): readonly Chunk[] {
    return this.#plain.queue.chunks
  }
  /** bytes received and not sent yet */
  get pendingBytes(): number {
    return this.#framer.length
  }
  get listeners(): Listener[] {
    return [...this.#plain.listeners, ...[...this.#woven.values()].flatMap((woven) => woven.listeners)]
  }
  /** what the newest bytes of a container cannot be decoded without; empty for other formats */
  get header(): Uint8Array {
    return this.#plain.header
  }

  /** The newest bytes received, at most this many, including bytes not sent yet. */
  tail(bytes: number): Uint8Array {
    const { queue } = this.#plain
    const held = this.#framer.peek()
    const fromQueue = queue.slice(queue.endOffset - Math.max(0, bytes - held.length))
    return joined([...fromQueue, held]).slice(-bytes)
  }

  /** Adds bytes; they are sent with the next flush. @throws FormatError */
  push(bytes: Uint8Array): void {
    this.#framer.push(bytes)
    if (this.#framer.format !== this.#format) this.#turn()
  }

  /** True if the title has changed. */
  setTitle(metadata: IcyMetadata): boolean {
    return this.#setTitleFrom(this.#plain.queue.endOffset + this.#framer.length, metadata)
  }

  /**
   * Replaces the comments of a stream that has its titles in them, from its next page on; false if that is not
   * possible.
   */
  retitle(comments: Comments): boolean {
    return this.#framer.retitle?.(comments) === true
  }

  /** Adds a new listener, and returns what it gets at once. */
  join(listener: Listener): readonly Uint8Array[] {
    return listener.metaint === 0
      ? this.#plain.join(listener)
      : this.#wovenFor(listener.metaint).join(listener)
  }

  /**
   * Adds a listener from another mount, which begins within the newest `bytesMax` bytes.
   * @param since bytes of audio since its last metadata block
   */
  enter(listener: Listener, since: number, bytesMax: number): void {
    // FFmpeg and mpv treat a second WebM header as the end of the stream; Ogg is designed for several links
    const needsHeader = this.#format !== 'webm'
    if (listener.metaint === 0) this.#plain.enter(listener, bytesMax, needsHeader)
    else this.#wovenFor(listener.metaint).enter(listener, since, bytesMax)
  }

  /** Whether a listener that enters finds a starting point at once, or cannot expect a better one. */
  isReadyFor({ metaint }: Listener): boolean {
    const { hasStart, queue } = this.#plain
    if (!hasStart || metaint === 0 || !this.#framer.hasFrames) return hasStart
    return queue.newestFrame !== undefined || this.queuedBytes >= limits.framelessBytesMax
  }

  /** Removes a listener; returns bytes since its last metadata block, undefined if it was not a listener. */
  delete(listener: Listener): number | undefined {
    if (listener.metaint === 0) return this.#plain.delete(listener) ? 0 : undefined
    return this.#woven.get(listener.metaint)?.delete(listener)
  }

  /** Sends complete frames; with `all` also the incomplete rest. */
  flush(all = false): void {
    this.#emit(all ? this.#framer.takeAll() : this.#framer.take())
  }

  /** Sends complete frames if there are any: within a large tag or header, the loop over listeners is skipped. */
  flushWhole(): void {
    const cut = this.#framer.take()
    if (cut.bytes.length > 0) this.#emit(cut)
  }

  /**
   * Nothing has arrived for a while: sends everything, or only complete frames where frames are known, as another feed
   * may follow.
   */
  pause(): void {
    this.flush(!this.#framer.hasFrames)
  }

  /** Sends what listeners have not got yet. */
  send(): void {
    this.#plain.flush()
    for (const woven of this.#woven.values()) woven.flush()
  }

  /** The next bytes do not follow the previous ones: an incomplete frame is dropped. */
  breakOff(): void {
    this.flush()
    this.#framer = this.#framer.isContainer ? this.#framer : framerForFeed(this.#format)
  }

  /** The next bytes begin a new stream: an incomplete page of a container before it is of no use. */
  restart(format: string): void {
    this.flush(true)
    this.#format = format
    this.#framer = framerForFeed(format)
    this.facts = undefined
  }

  /** Removes everything held: there are no listeners, and the next bytes are not related to it. */
  clear(): void {
    this.#plain.clear(this.isContainer)
    this.#woven.clear()
  }

  /** Switches to the detected format; listeners cannot continue from frames to pages, or the reverse. */
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
      const isKept = this.#options.onChunk(chunk)
      if (isKept || this.#woven.size > 0) queue.lend()
    }
    this.send()
  }

  #weave(chunk: Chunk, offset: number): void {
    for (const [metaint, woven] of this.#woven)
      if (woven.isIdle) this.#woven.delete(metaint)
      else woven.push(chunk, offset)
  }
}
