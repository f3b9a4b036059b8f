import { joined } from '../../shared/joined.ts'
import type { Mount } from '../../shared/mount.ts'
import { framerFor, mediaType, takesIcy } from '../format/formats.ts'
import type { Comments, Cut, Framer } from '../format/framer.ts'
import type { IcyMetadata } from '../icy/metadata.ts'
import { limits } from '../limits.ts'
import { logTitle } from '../log/playlist.ts'
import { Rate } from '../rate.ts'
import { burstBytes } from './burst.ts'
import type { FeedInfo } from './feed.ts'
import { Listener, type ListenerInfo, type Tally, type Wire } from './listener.ts'
import type { LiveMount } from './live-mount.ts'
import type { MountsDeps } from './mounts.ts'
import { Plain } from './plain.ts'
import { asBuffer } from './queue.ts'
import { Titles } from './titles.ts'
import { Woven } from './woven.ts'

/** One mount with a feed: takes its bytes in, keeps the newest, and hands them to its listeners in flushes. */
export class ActiveMount implements LiveMount {
  readonly name: Mount
  readonly startedAtMs: number
  info: FeedInfo
  interruptedAtMs: number | undefined
  /** when the last bytes came in */
  heardAtMs: number
  listeners = 0
  relays = 0
  listenerPeak = 0
  joins = 0
  slow = 0
  bytesRead = 0
  bytesSent = 0
  writes = 0
  #deps: MountsDeps
  #framer: Framer
  #rate: Rate
  #titles = new Titles()
  #plain: Plain
  #woven: Woven
  #tally: Tally = { writes: 0, bytes: 0, dropped: [] }
  #heardSinceFlush = false
  #stopFlush = () => {}
  #ended = false

  constructor(name: Mount, info: FeedInfo, deps: MountsDeps) {
    this.name = name
    this.info = info
    this.#deps = deps
    this.startedAtMs = deps.nowMs()
    this.heardAtMs = this.startedAtMs
    this.#framer = framerFor(info.contentType)
    this.#rate = new Rate(deps.nowMs)
    const settle = () => this.#settle()
    const { isContainer } = this.#framer
    const { limits: bounds } = deps.config
    const burst = () => burstBytes(bounds.burst, this.kbps)
    const { queueBytes } = bounds
    this.#plain = new Plain({ queueBytes, burstBytes: burst, isContainer }, deps.timers, settle)
    this.#woven = new Woven(deps, this.#plain.queue, this.#titles, burst, settle)
    this.#schedule()
  }

  get kind(): 'source' | 'relay' {
    return this.info.kind
  }
  get contentType(): string {
    return this.info.contentType
  }
  get title(): string {
    return this.#titles.current.title
  }
  get maxListeners(): number | null {
    return this.info.maxListeners ?? null
  }
  get kbps(): number {
    return this.#framer.kbps || Math.round((this.#rate.perSecond() * 8) / 1000)
  }
  /** whether listeners may ask for ICY metadata */
  get takesIcy(): boolean {
    return takesIcy(this.contentType)
  }
  /** what the mount keeps for its listeners */
  get queuedBytes(): number {
    return this.#plain.queue.endPlace - this.#plain.queue.firstPlace
  }
  get queuedChunks(): number {
    return this.#plain.queue.chunks.length
  }
  get everyone(): Listener[] {
    return [...this.#plain.listeners, ...this.#woven.listeners]
  }

  /** what the newest bytes of a container cannot be understood without; empty where there is no such thing */
  get header(): Uint8Array {
    return this.#plain.header
  }

  tail(bytes: number): Uint8Array {
    const held = this.#framer.peek()
    const fromQueue = this.#plain.queue.slice(this.#plain.queue.endPlace - Math.max(0, bytes - held.length))
    return joined([...fromQueue, held]).slice(-bytes)
  }

  push(bytes: Uint8Array): void {
    const isFirst = this.bytesRead === 0
    this.bytesRead += bytes.length
    this.#rate.add(bytes.length)
    this.heardAtMs = this.#deps.nowMs()
    this.#heardSinceFlush = true
    this.#framer.push(bytes)
    // who joins a mount that has just begun need not wait for its first flush
    if (isFirst || this.#framer.length >= limits.flushBytesMax) this.#flushWhole()
  }

  /** True where that is another title than before. */
  setTitle(metadata: IcyMetadata): boolean {
    return this.#setTitleFrom(this.#plain.queue.endPlace + this.#framer.length, metadata)
  }

  /**
   * Changes the comments of a stream that has its titles in them, from its next page on. False where we cannot, or must
   * not: a relay hands on what it gets.
   */
  retitle(comments: Comments): boolean {
    return this.kind === 'source' && this.#framer.retitle?.(comments) === true
  }

  /** Serves a listener: its head and the burst at once, in one write, and what comes from then on. */
  join(wire: Wire, head: Uint8Array, info: ListenerInfo, icy: boolean): Listener {
    const { views, audience } = icy ? this.#woven.join() : this.#plain.join()
    const listener = new Listener(this.#deps.nextId(), info, wire, audience.queue, this.#tally)
    if (views) audience.add(listener)
    else this.#plain.awaitFrame(listener)
    this.#countJoin(info.isRelay)
    wire.cork()
    wire.write(head)
    for (const view of views ?? []) {
      wire.write(view)
      this.#tally.bytes += view.length
    }
    wire.uncork()
    return listener
  }

  /** A connection ended; one that is no listener here changes nothing. */
  leave(listener: Listener): void {
    if (!this.#plain.delete(listener) && !this.#woven.delete(listener)) return
    if (listener.info.isRelay) {
      this.relays--
      return
    }
    this.listeners--
    this.#deps.load.listeners--
  }

  /** Goes on with a new connection of its feed; listeners of another codec cannot be kept. */
  resume(info: FeedInfo): void {
    const isOther = mediaType(info.contentType) !== mediaType(this.contentType)
    // a container that its source begins anew has nothing to do with half a page before it
    if (isOther || (info.kind === 'source' && this.#framer.isContainer)) {
      this.#emit(this.#framer.takeAll())
      this.#framer = framerFor(info.contentType)
    }
    if (isOther) {
      this.#closeListeners()
      this.#plain.clear(this.#framer.isContainer)
      this.#woven.clear()
    }
    this.info = info
    this.heardAtMs = this.#deps.nowMs()
    this.interruptedAtMs = undefined
  }

  /** Counts a listener that was refused for room. */
  countRefused(): void {
    this.joins++
    this.#deps.load.joins++
  }

  /** Hands out what has come since the last flush: whole frames, or all of it where the feed pauses. */
  flush(): void {
    if (this.#heardSinceFlush) this.#flushWhole()
    else this.#emit(this.#framer.takeAll())
    this.#heardSinceFlush = false
  }

  /** Ends the mount; listeners get what there is and are closed. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopFlush()
    this.#emit(this.#framer.takeAll())
    this.#closeListeners()
  }

  #closeListeners(): void {
    const everyone = this.everyone
    for (const listener of everyone) {
      listener.wire.end()
      this.leave(listener)
    }
    this.#deps.timers.after(limits.farewellMs, () => {
      for (const { wire } of everyone) wire.destroy()
    })
  }

  #countJoin(isRelay: boolean): void {
    if (isRelay) {
      this.relays++
      return
    }
    this.listeners++
    this.joins++
    this.#deps.load.listeners++
    this.#deps.load.joins++
    this.listenerPeak = Math.max(this.listenerPeak, this.listeners)
  }

  #setTitleFrom(place: number, metadata: IcyMetadata): boolean {
    const isNew = this.#titles.set(place, metadata)
    if (isNew) logTitle(this.name, this.listeners, metadata.title)
    return isNew
  }

  #flushWhole(): void {
    this.#emit(this.#framer.take())
  }

  #emit({ bytes, frames, headers = [] }: Cut): void {
    const { queue, audience } = this.#plain
    if (bytes.length > 0) {
      const place = queue.endPlace
      const chunk = { bytes: asBuffer(bytes), frames }
      this.#plain.push(chunk, headers)
      for (const { at, title } of headers)
        if (title !== undefined) this.#setTitleFrom(place + at, { title, url: undefined })
      this.#woven.push(chunk, place)
      this.#titles.prune(queue.firstPlace)
    }
    audience.flush()
    this.#woven.flush()
  }

  /** Counts what was written and drops who fell off the queue. */
  #settle(): void {
    const tally = this.#tally
    this.writes += tally.writes
    this.bytesSent += tally.bytes
    this.#deps.load.addSent(tally.bytes)
    tally.writes = 0
    tally.bytes = 0
    for (const listener of tally.dropped.splice(0)) {
      this.slow++
      this.#deps.load.slow++
      this.leave(listener)
      listener.wire.destroy()
    }
  }

  /** One timer a mount: the more listeners, the longer the pause and the bigger each write (contract §7). */
  #schedule(): void {
    const { flushMsMin, flushMsMax, crowd } = limits
    const everyone = this.listeners + this.relays
    const ms = Math.min(flushMsMax, Math.max(flushMsMin, (everyone / crowd) * flushMsMax))
    this.#stopFlush = this.#deps.timers.after(ms, () => {
      this.flush()
      if (!this.#ended) this.#schedule()
    })
  }
}
