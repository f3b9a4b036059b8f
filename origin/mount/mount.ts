import { getLogger } from '@logtape/logtape'
import type { Mount } from '../../shared/mount.ts'
import type { MountSettings } from '../config/mount-settings.ts'
import { formatOf, isFormat, trueType } from '../format/formats.ts'
import type { AudioFacts, Comments, StreamFacts } from '../format/framer.ts'
import { tracksOf } from '../format/webm/tracks.ts'
import { streamHeaders } from '../icy/headers.ts'
import type { IcyMetadata } from '../icy/metadata.ts'
import { Rate } from '../lib/rate.ts'
import { limits } from '../limits.ts'
import { logTitle } from '../log/playlist.ts'
import type { IntroFile } from '../media/intro-files.ts'
import type { MountsDeps } from './deps.ts'
import type { FeedInfo } from './feed.ts'
import type { LiveMount } from './live-mount.ts'
import { Room } from './room/room.ts'
import { type Sizes, sizesOf } from './stream/burst.ts'
import { flushAgainAndAgain } from './stream/flush-timer.ts'
import type { Listener, ListenerInfo, Seat, Wire } from './stream/listener.ts'
import { Stream } from './stream/stream.ts'

const log = getLogger(['distributary', 'mount'])

/** kbit/s that a stream counts as until its own is known (docs/protocol.md#the-decision) */
const kbpsUnknown = 128

/** One mount with a feed: takes its bytes in, keeps the newest, and hands them to its listeners in flushes. */
export class ActiveMount implements LiveMount, Seat {
  readonly name: Mount
  readonly startedAtMs: number
  info: FeedInfo
  interruptedAtMs: number | undefined
  /** when the last bytes came in */
  heardAtMs: number
  bytesRead = 0
  #deps: MountsDeps
  /** the formats that its feeds said it was; the bytes may have said another */
  #called: Set<string>
  #rate: Rate
  #stream: Stream
  #room: Room
  #heardSinceFlush = false
  #stopFlush: () => void
  #stopped = false

  /** @param onChunk called with what listeners get next */
  constructor(
    name: Mount,
    info: FeedInfo,
    deps: MountsDeps,
    onChunk: (bytes: Uint8Array) => void = () => {},
  ) {
    this.name = name
    this.info = info
    this.#deps = deps
    this.startedAtMs = deps.nowMs()
    this.heardAtMs = this.startedAtMs
    this.#called = new Set([formatOf(info.contentType)])
    this.#rate = new Rate(deps.nowMs)
    this.#stream = new Stream(formatOf(info.contentType), {
      sizes: () => this.#sizes(),
      charset: () => this.settings.charset,
      nowMs: deps.nowMs,
      timers: deps.timers,
      settle: () => this.#room.settle(),
      onTitle: (title) => logTitle(name, this.listeners, title),
      onTold: () => deps.onTold?.(),
      onFormat: (mustGo) => this.#turn(mustGo),
      onChunk,
    })
    this.#room = new Room(this, this.#stream, {
      ...deps,
      sizes: () => this.#sizes(),
      intro: () => this.#intro(),
    })
    deps.intros?.of(this.settings) // read ahead of the first listener
    const everyone = () => this.listeners + this.relays
    this.#stopFlush = flushAgainAndAgain(deps.timers, everyone, () => this.flush())
  }

  get kind(): 'source' | 'relay' {
    return this.info.kind
  }
  /** what holds for this mount now: SIGHUP may change it while the mount runs */
  get settings(): MountSettings {
    return this.#deps.settings(this.name)
  }
  /** as its feed says it, unless its bytes are of another format */
  get contentType(): string {
    return trueType(this.info.contentType, this.format)
  }
  /** what it is, by its bytes where those tell */
  get format(): string {
    return this.#stream.format
  }
  /** whether its bytes have told what it is, or have had enough time to */
  get isSure(): boolean {
    return this.#stream.isSure
  }
  /** whether it is of pages or Clusters behind a header, in which its titles stand too */
  get isContainer(): boolean {
    return this.#stream.isContainer
  }
  /** what its bytes say of their sound, so far */
  get sound(): AudioFacts | undefined {
    return this.#stream.sound
  }
  /** what its feed says of the stream, with what the operator says in place of it */
  get headers(): ReadonlyMap<string, string> {
    return streamHeaders(this.info.headers, this.settings.stream)
  }
  get listeners(): number {
    return this.#room.count.listeners
  }
  get relays(): number {
    return this.#room.count.relays
  }
  get listenerPeak(): number {
    return this.#room.count.listenerPeak
  }
  get joins(): number {
    return this.#room.count.joins
  }
  get slow(): number {
    return this.#room.count.slow
  }
  get bytesSent(): number {
    return this.#room.count.bytesSent
  }
  get writes(): number {
    return this.#room.count.writes
  }
  get title(): string {
    return this.#stream.title
  }
  /** what the header of a container says of it */
  get facts(): StreamFacts | undefined {
    return this.#stream.facts
  }
  get maxListeners(): number | null {
    return this.info.maxListeners ?? this.settings.maxListeners
  }
  get kbps(): number {
    return this.#stream.kbps || Math.round((this.#rate.perSecond() * 8) / 1000)
  }
  /** bytes of audio between two blocks of ICY metadata for listeners who ask for it; 0: they get none */
  get metaint(): number {
    return this.#stream.isContainer ? 0 : this.settings.metaintBytes
  }
  /** whether listeners may ask for ICY metadata */
  get takesIcy(): boolean {
    return this.metaint > 0
  }
  /** what the mount keeps for its listeners */
  get queuedBytes(): number {
    return this.#stream.queuedBytes
  }
  get queuedChunks(): number {
    return this.#stream.queuedChunks
  }
  get everyone(): Listener[] {
    return this.#room.everyone
  }
  /** whether its feed has ended; who still listens is being moved */
  get isStopped(): boolean {
    return this.#stopped
  }

  /** what the newest bytes of a container cannot be understood without; empty where there is no such thing */
  get header(): Uint8Array {
    return this.#stream.header
  }

  tail(bytes: number): Uint8Array {
    return this.#stream.tail(bytes)
  }

  push(bytes: Uint8Array): void {
    const isFirst = this.bytesRead === 0
    this.bytesRead += bytes.length
    this.#rate.add(bytes.length)
    this.heardAtMs = this.#deps.nowMs()
    this.#heardSinceFlush = true
    this.#stream.push(bytes)
    // who joins a mount that has just begun need not wait for its first flush
    if (isFirst || this.#stream.pendingBytes >= limits.flushBytesMax) this.#stream.flushWhole()
  }

  /** True where that is another title than before. */
  setTitle(metadata: IcyMetadata): boolean {
    return this.#stream.setTitle(metadata)
  }

  /**
   * Changes the comments of a stream that has its titles in them, from its next page on. False where we cannot, or must
   * not: a relay hands on what it gets.
   */
  retitle(comments: Comments): boolean {
    return this.kind === 'source' && this.#stream.retitle(comments)
  }

  /** Serves a listener: its head and the burst at once, in one write, and what comes from then on. */
  join(wire: Wire, head: Uint8Array, info: ListenerInfo, icy: boolean): Listener {
    const id = info.id ?? this.#deps.nextId()
    return this.#room.join(id, wire, head, info, icy ? this.metaint : 0)
  }

  /** Whether one more who comes from another mount has room here. */
  hasRoomFor({ info }: Listener): boolean {
    return info.isRelay || this.maxListeners === null || this.listeners < this.maxListeners
  }

  /** Whether a listener of another mount could be served here at once, in the format that it was told. */
  isReadyFor(listener: Listener): boolean {
    return this.#stream.isReadyFor(listener)
  }

  /** Whether a feed of this content type may go on with what listeners hear: it is that, or called as before. */
  mayBe(contentType: string): boolean {
    const format = formatOf(contentType)
    return format === this.format || this.#called.has(format)
  }

  /** Whether listeners of the other mount can make sense of what this one sends. */
  isLike(other: ActiveMount): boolean {
    const { format } = this
    if (format !== other.format) return false
    return format !== 'webm' || tracksOf(this.header) === tracksOf(other.header)
  }

  /**
   * Takes in a listener of another mount: at the live edge, or so far before it as it has heard nothing.
   * Nothing is written before the next {@link send}.
   */
  take(listener: Listener, from: ActiveMount, silenceMs: number): void {
    const since = from.#room.release(listener)
    if (since === undefined) return
    const owedBytes = (silenceMs * (this.kbps || kbpsUnknown)) / 8
    this.#room.enter(listener, since, Math.min(owedBytes, this.#sizes().burstBytes))
  }

  /** Hands out what listeners have not got yet, without waiting for the next flush. */
  send(): void {
    this.#stream.send()
  }

  /** A connection ended; one that is no listener here changes nothing. */
  leave(listener: Listener): void {
    this.#room.leave(listener)
  }

  /** Closes the connections of listeners whose time is over. */
  expire(nowMs: number): void {
    this.#room.expire(nowMs)
  }

  /** Goes on with a new connection of its feed; listeners of another codec cannot be kept. */
  resume(info: FeedInfo): void {
    const isOther = !this.mayBe(info.contentType)
    if (isOther) this.#called.clear()
    this.#called.add(formatOf(info.contentType))
    if (isOther) this.#stream.beginAnew(formatOf(info.contentType))
    // what a source begins anew has nothing to do with half a page, or frame, before it
    else if (info.kind === 'source' && this.isContainer) this.#stream.beginAnew(this.format)
    else if (info.kind === 'source') this.#stream.breakOff()
    if (isOther) {
      this.#room.close(this.everyone)
      this.#stream.clear()
    }
    this.info = info
    this.heardAtMs = this.#deps.nowMs()
    this.interruptedAtMs = undefined
  }

  /** What comes next does not follow what came before: half a frame there is let go. */
  breakOff(): void {
    this.#stream.breakOff()
  }

  /** Counts a listener that was refused for room. */
  countRefused(): void {
    this.#room.count.refuse()
  }

  /** Hands out what has come since the last flush: whole frames, or where none are known all of it once the feed pauses. */
  flush(): void {
    this.#room.advance()
    if (this.#heardSinceFlush) this.#stream.flush()
    else this.#stream.pause()
    this.#heardSinceFlush = false
  }

  /** Takes in no more bytes; listeners get the last whole frame and stay until they are taken or {@link end} comes. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#stopFlush()
    this.#stream.flush()
  }

  /** Ends the mount; who still listens gets what there is and is closed. */
  end(): void {
    this.stop()
    this.#stream.flush(true)
    this.#room.close(this.everyone)
  }

  /** The feed sends something else than it says: whoever cannot go on with that comes again, and is told what it is. */
  #turn(mustGo: (listener: Listener) => boolean): void {
    const { name: mount, format } = this
    const { contentType } = this.info
    if (isFormat(formatOf(contentType)))
      log.warn('a feed sends another format than it says', { mount, says: contentType, sends: format })
    else log.info('a feed is known by its bytes', { mount, says: contentType, sends: format })
    this.#room.close(this.everyone.filter(mustGo))
  }

  #sizes(): Sizes {
    return sizesOf(this.settings, this.#deps.config.limits, this.kbps || kbpsUnknown)
  }

  #intro(): IntroFile | undefined {
    return this.#deps.intros?.of(this.settings, this)
  }
}
