import { joined } from '../../shared/bytes.ts'
import { asBuffer } from '../lib/bytes.ts'
import { type BadHead, type Head, HeadReader, type ReadHead } from './head.ts'
import type { KnownHeads } from './known-heads.ts'

/** What a {@link HeadLine} needs of a socket. */
export interface LineSocket {
  on(event: 'data' | 'end' | 'close', listener: (bytes: Buffer) => void): unknown
  off(event: 'data' | 'end' | 'close', listener: (bytes: Buffer) => void): unknown
  pause(): unknown
  resume(): unknown
}

/** Told of what a connection sends. */
export interface HeadEvents {
  /** A head is read. The line keeps what follows it for the next one, unless it is released. */
  onHead(head: Head): void
  onBad(bad: BadHead): void
  /** It has ended before its head was complete. */
  onGone(): void
}

/** Answers requests that need not be read, since they repeat one before. */
export interface Repeats {
  /** Answers a request, and reads the next one by then or later; false: it is another, and nothing has been done. */
  answer(bytes: Buffer): boolean
}

const nothing: Uint8Array = new Uint8Array(0)

/**
 * Reads the heads of a connection, one after another. It listens to the socket all the time: a player asks every few seconds, and objects
 * that are made for each request and live until the next one give the garbage collector most of its work.
 */
export class HeadLine {
  /** gets what comes before it is read; set by the handler of a request, until the socket is left to others */
  repeats: Repeats | undefined
  #socket: LineSocket
  #known: KnownHeads
  #events: HeadEvents
  /** of a head that comes in parts */
  #reader: HeadReader | undefined
  /** sent after a head while its answer is under way: it may be the next request (RFC 9112 §9.3.2) */
  #early: Uint8Array = nothing
  #isAttached = false
  #isReading = false
  /** within an event: a request that is answered at once must not be read deeper and deeper */
  #isInside = false
  #isPaused = false
  #hasEnded = false
  /** see {@link whole} */
  #whole: Buffer | undefined

  constructor(socket: LineSocket, known: KnownHeads, events: HeadEvents) {
    this.#socket = socket
    this.#known = known
    this.#events = events
  }

  /** the bytes of the request whose head has just been read, if they came at once and nothing came with them; within {@link HeadEvents.onHead} alone */
  get whole(): Buffer | undefined {
    return this.#whole
  }

  /** Reads the next head. @param first bytes that were read already */
  read(first: Uint8Array = nothing): void {
    this.#isReading = true
    if (first.length > 0) this.#early = joined([first, this.#early])
    if (!this.#isAttached) this.#attach()
    if (!this.#isInside) this.#readEarly()
  }

  /** Leaves the socket to others, with the bytes that follow the head. */
  release(): Uint8Array {
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('close', this.#onEnd)
    this.#isAttached = false
    this.#isReading = false
    this.repeats = undefined
    this.#resume()
    const early = this.#early
    this.#early = nothing
    return early
  }

  #attach(): void {
    this.#isAttached = true
    this.#socket.on('data', this.#onData)
    this.#socket.on('end', this.#onEnd)
    this.#socket.on('close', this.#onEnd)
  }

  readonly #onData = (bytes: Buffer): void => {
    if (!this.#isReading) {
      this.#hold(bytes)
      return
    }
    this.#take(bytes)
    if (this.#isReading && this.#hasEnded) this.#gone()
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true
    if (this.#isReading && !this.#isInside) this.#gone()
  }

  #gone(): void {
    this.release()
    this.#events.onGone()
  }

  /** Keeps bytes that arrive while nobody reads, and reads no more of them from the socket. */
  #hold(bytes: Uint8Array): void {
    this.#early = this.#early.length > 0 ? joined([this.#early, bytes]) : bytes
    if (this.#isPaused) return
    this.#isPaused = true
    this.#socket.pause()
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }

  #readEarly(): void {
    this.#take(this.#takeEarly())
    if (!this.#isReading) return
    this.#resume()
    if (this.#hasEnded) this.#gone()
  }

  #takeEarly(): Uint8Array {
    const early = this.#early
    this.#early = nothing
    return early
  }

  /** Reads heads as long as each is answered at once. */
  #take(bytes: Uint8Array): void {
    this.#isInside = true
    for (let left = bytes; left.length > 0; left = this.#isReading ? this.#takeEarly() : nothing)
      this.#takeHead(asBuffer(left))
    this.#isInside = false
  }

  #takeHead(bytes: Buffer): void {
    if (!this.#reader && this.repeats && this.#isRepeated(this.repeats, bytes)) return
    const read = (this.#reader ? undefined : this.#known.read(bytes)) ?? this.#readPart(bytes)
    if (!read) return
    const isWhole = this.#reader === undefined
    this.#reader = undefined
    this.#isReading = false
    if ('head' in read) {
      if (read.restAt < bytes.length) this.#early = bytes.subarray(read.restAt)
      else if (isWhole) this.#whole = bytes
      this.#events.onHead(read.head)
      this.#whole = undefined
    } else {
      this.release()
      this.#events.onBad(read)
    }
  }

  #isRepeated(repeats: Repeats, bytes: Buffer): boolean {
    this.#isReading = false
    if (repeats.answer(bytes)) return true
    this.#isReading = true
    return false
  }

  #readPart(bytes: Buffer): ReadHead | undefined {
    this.#reader ??= new HeadReader()
    return this.#reader.push(bytes)
  }
}
