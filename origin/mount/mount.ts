import { getLogger } from '@logtape/logtape'
import { limits as clusterLimits } from '../../shared/limits.ts'
import type { Mount } from '../../shared/mount.ts'
import type { MountSettings } from '../config/mount-settings.ts'
import type { Chunk } from '../format/chunk.ts'
import { formatOf, isFormat, trueType } from '../format/formats.ts'
import type { AudioFacts, Comments, StreamFacts } from '../format/framer.ts'
import { tracksOf } from '../format/webm/tracks.ts'
import { streamHeaders } from '../icy/headers.ts'
import type { IcyMetadata } from '../icy/metadata.ts'
import { Rate } from '../lib/rate.ts'
import { limits } from '../limits.ts'
import { logTitle } from '../log/playlist.ts'
import type { IntroFile } from '../media/intro-files.ts'
import { AudienceCount } from './audience-count.ts'
import type { MountsDeps } from './deps.ts'
import type { FeedInfo } from './feed.ts'
import type { LiveMount } from './live-mount.ts'
import { Room } from './room/room.ts'
import { type Sizes, sizesOf } from './stream/burst.ts'
import { Flushing } from './stream/flushing.ts'
import type { Listener, ListenerInfo, Seat, Wire } from './stream/listener.ts'
import { Stream } from './stream/stream.ts'
import { type MountTap, Taps } from './tap.ts'

const log = getLogger(['distributary', 'mount'])

/** bitrate assumed until the stream's own is known, in kbit/s (docs/protocol.md#the-decision) */
const kbpsUnknown = clusterLimits.bitrateDefaultKbps

/** One mount with a feed: receives its bytes, keeps the newest, and sends them to its listeners in flushes. */
export class ActiveMount implements LiveMount, Seat {
  readonly name: Mount
  readonly startedAtMs: number
  info: FeedInfo
  interruptedAtMs: number | undefined
  /** when the last bytes arrived */
  heardAtMs: number
  bytesRead = 0
  #deps: MountsDeps
  /** formats that its feeds announced; the bytes may have shown another */
  #called: Set<string>
  #rate: Rate
  #stream: Stream
  #room: Room
  #heardSinceFlush = false
  #flushing: Flushing
  #stopped = false
  #taps = new Taps()
  #count: AudienceCount

  /** @param onChunk called with the next bytes for listeners; true: it keeps them */
  constructor(
    name: Mount,
    info: FeedInfo,
    deps: MountsDeps,
    onChunk: (bytes: Uint8Array) => boolean = () => false,
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
      onTitle: (title) => {
        logTitle(name, this.listeners, title)
        this.#taps.title(title)
      },
      onTold: () => deps.onTold?.(),
      onFormat: (mustGo) => this.#turn(mustGo),
      onChunk: (chunk) => {
        const isKept = onChunk(chunk.bytes)
        return this.#taps.chunk(chunk) || isKept
      },
    })
    this.#room = new Room(this, this.#stream, {
      ...deps,
      sizes: () => this.#sizes(),
      intro: () => this.#intro(),
    })
    this.#count = new AudienceCount(name, deps.sessions, this.#room.count)
    deps.intros?.of(this.settings) // read ahead of the first listener
    // a thousand mounts with five listeners each are a crowd too
    const crowd = () => Math.max(this.listeners + this.relays, deps.load.listeners)
    this.#flushing = new Flushing(deps, crowd, {
      isHeard: () => this.#room.size > 0,
      flush: () => this.flush(),
    })
  }

  get kind(): 'source' | 'relay' {
    return this.info.kind
  }
  /** current settings for this mount: SIGHUP may change them while it runs */
  get settings(): MountSettings {
    return this.#deps.settings(this.name)
  }
  /** as announced by its feed, unless its bytes are of another format */
  get contentType(): string {
    return trueType(this.info.contentType, this.format)
  }
  /** its format, detected from its bytes if they tell */
  get format(): string {
    return this.#stream.format
  }
  /** whether its bytes have shown the format, or have had enough time to */
  get isSure(): boolean {
    return this.#stream.isSure
  }
  /** whether it consists of pages or Clusters after a header, which also holds its titles */
  get isContainer(): boolean {
    return this.#stream.isContainer
  }
  /** audio parameters from its bytes, so far */
  get sound(): AudioFacts | undefined {
    return this.#stream.sound
  }
  /** headers from its feed, with the operator's values in place of the source's */
  get headers(): ReadonlyMap<string, string> {
    return streamHeaders(this.info.headers, this.settings.stream)
  }
  get listeners(): number {
    return this.#count.listeners
  }
  get relays(): number {
    return this.#room.count.relays
  }
  get listenerPeak(): number {
    return this.#count.peak
  }
  get joins(): number {
    return this.#count.joins
  }
  get slow(): number {
    return this.#room.count.slow
  }
  get bytesSent(): number {
    return this.#count.bytesSent
  }
  get writes(): number {
    return this.#room.count.writes
  }
  get title(): string {
    return this.#stream.title
  }
  /** stream facts from a container's header */
  get facts(): StreamFacts | undefined {
    return this.#stream.facts
  }
  get maxListeners(): number | null {
    return this.info.maxListeners ?? this.settings.maxListeners
  }
  get kbps(): number {
    return this.#stream.kbps || Math.round((this.#rate.perSecond() * 8) / 1000)
  }
  /** bytes of audio between two ICY metadata blocks for listeners that ask for them; 0: there are none */
  get metaint(): number {
    return this.#stream.isContainer ? 0 : this.settings.metaintBytes
  }
  /** whether listeners may ask for ICY metadata */
  get takesIcy(): boolean {
    return this.metaint > 0
  }
  /** bytes that the mount holds for its listeners */
  get queuedBytes(): number {
    return this.#stream.queuedBytes
  }
  get queuedChunks(): number {
    return this.#stream.queuedChunks
  }
  get everyone(): Listener[] {
    return this.#room.everyone
  }
  /** whether its feed has ended; remaining listeners are being moved */
  get isStopped(): boolean {
    return this.#stopped
  }

  /** what the newest bytes of a container cannot be decoded without; empty for other formats */
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
    // a listener that joins a mount that has just begun need not wait for its first flush
    if (isFirst || this.#stream.pendingBytes >= limits.flushBytesMax) this.#stream.flushWhole()
    this.#flushing.heard()
  }

  /**
   * Passes on everything from here on.
   * @returns the newest chunks so far, oldest first, and a function that ends it
   */
  follow(tap: MountTap): { chunks: readonly Chunk[]; leave: () => void } {
    return { chunks: this.#stream.chunks, leave: this.#taps.add(tap) }
  }

  /** True if the title has changed. */
  setTitle(metadata: IcyMetadata): boolean {
    return this.#stream.setTitle(metadata)
  }

  /**
   * Replaces the comments of a stream that has its titles in them, from its next page on. False if that is not
   * possible, or not allowed: a relay passes on what it gets.
   */
  retitle(comments: Comments): boolean {
    return this.kind === 'source' && this.#stream.retitle(comments)
  }

  /** Serves a listener: writes its head and burst at once, in one write, and then what follows. */
  join(wire: Wire, head: Uint8Array, info: ListenerInfo, icy: boolean): Listener {
    const id = info.id ?? this.#deps.nextId()
    const listener = this.#room.join(id, wire, head, info, icy ? this.metaint : 0)
    this.#flushing.joined()
    this.noteListeners()
    return listener
  }

  /** There may be more listeners than ever: those by HLS do not join here. */
  noteListeners(): void {
    this.#count.note()
  }

  /** Whether there is room for one more listener from another mount. */
  hasRoomFor({ info }: Listener): boolean {
    return info.isRelay || this.maxListeners === null || this.listeners < this.maxListeners
  }

  /** Whether a listener of another mount could be served here at once, in the format it was promised. */
  isReadyFor(listener: Listener): boolean {
    return this.#stream.isReadyFor(listener)
  }

  /**
   * Whether a feed of this content type may continue for the same listeners: it has this format, or was announced the
   * same way before.
   */
  mayBe(contentType: string): boolean {
    const format = formatOf(contentType)
    return format === this.format || this.#called.has(format)
  }

  /** Whether players of the other mount can decode this one. */
  isLike(other: ActiveMount): boolean {
    const { format } = this
    if (format !== other.format) return false
    return format !== 'webm' || tracksOf(this.header) === tracksOf(other.header)
  }

  /**
   * Takes over a listener of another mount: at the live edge, or before it by as much as it has heard nothing. Nothing
   * is written before the next {@link send}.
   */
  take(listener: Listener, from: ActiveMount, silenceMs: number): void {
    const since = from.#room.release(listener)
    if (since === undefined) return
    const owedBytes = (silenceMs * (this.kbps || kbpsUnknown)) / 8
    this.#room.enter(listener, since, Math.min(owedBytes, this.#sizes().burstBytes))
    this.#flushing.joined()
  }

  /** Sends what listeners have not got yet, without waiting for the next flush. */
  send(): void {
    this.#stream.send()
  }

  /** A connection ended; nothing happens if it is not a listener here. */
  leave(listener: Listener): void {
    this.#room.leave(listener)
  }

  /** Time has passed: closes the connections of listeners whose limit it was, and passes on what a silent feed sent last. */
  expire(nowMs: number): void {
    this.#room.expire(nowMs)
    this.#flushing.look()
  }

  /** Continues with a new connection of its feed; listeners of another codec cannot be kept. */
  resume(info: FeedInfo): void {
    const isOther = !this.mayBe(info.contentType)
    if (isOther) this.#called.clear()
    this.#called.add(formatOf(info.contentType))
    if (isOther) this.#stream.restart(formatOf(info.contentType))
    // a source that starts again is not related to an incomplete page or frame before it
    else if (info.kind === 'source' && this.isContainer) this.#stream.restart(this.format)
    else if (info.kind === 'source') this.#stream.breakOff()
    if (isOther) {
      this.#room.close(this.everyone)
      this.#stream.clear()
    }
    this.info = info
    this.heardAtMs = this.#deps.nowMs()
    this.interruptedAtMs = undefined
    this.#taps.broken()
  }

  /** The next bytes do not follow the previous ones: an incomplete frame is dropped. */
  breakOff(): void {
    this.#stream.breakOff()
    this.#taps.broken()
  }

  /** Counts a listener refused because the mount is full. */
  countRefused(): void {
    this.#room.count.refuse()
  }

  /**
   * Sends what has arrived since the last flush: complete frames, or, if none are known, everything once the feed
   * pauses.
   */
  flush(): void {
    this.#room.advance()
    if (this.#heardSinceFlush) this.#stream.flush()
    else this.#stream.pause()
    this.#heardSinceFlush = false
  }

  /**
   * Accepts no more bytes; listeners get the last complete frame and stay until they are moved or {@link end} is
   * called.
   */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#flushing.stop()
    this.#stream.flush()
  }

  /** Ends the mount; remaining listeners get what there is and are closed. */
  end(): void {
    this.stop()
    this.#stream.flush(true)
    this.#room.close(this.everyone)
  }

  /**
   * The feed sends another format than announced: listeners that cannot continue are closed, and get the right type
   * when they reconnect.
   */
  #turn(mustGo: (listener: Listener) => boolean): void {
    const { name: mount, format } = this
    const { contentType } = this.info
    if (isFormat(formatOf(contentType)))
      log.warn('feed sends another format than announced', { mount, says: contentType, sends: format })
    else log.info('feed format detected', { mount, says: contentType, sends: format })
    this.#taps.broken()
    this.#room.close(this.everyone.filter(mustGo))
  }

  #sizes(): Sizes {
    return sizesOf(this.settings, this.#deps.config.limits, {
      kbps: this.kbps || kbpsUnknown,
      isRelay: this.kind === 'relay',
      mounts: this.#deps.mountCount?.() ?? 1,
    })
  }

  #intro(): IntroFile | undefined {
    return this.#deps.intros?.of(this.settings, this)
  }
}
