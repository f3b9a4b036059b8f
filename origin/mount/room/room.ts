import type { Timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'
import type { Load } from '../../load.ts'
import type { IntroFile } from '../../media/intro-files.ts'
import { mediaLimits } from '../../media/limits.ts'
import type { Sizes } from '../stream/burst.ts'
import { Listener, type ListenerInfo, type Seat, type Wire } from '../stream/listener.ts'
import type { Stream } from '../stream/stream.ts'
import { Headcount } from './headcount.ts'
import { Intros } from './intros.ts'

export interface RoomOptions {
  load: Load
  nowMs: () => number
  timers: Timers
  /** current sizes: settings may change while the mount runs */
  sizes: () => Sizes
  /** file that a new listener hears first, if any */
  intro: () => IntroFile | undefined
}

/** The listeners of a mount: they join from outside or from another mount, are counted, leave, and are closed. */
export class Room {
  readonly count: Headcount
  #seat: Seat
  #stream: Stream
  #intros: Intros
  #options: RoomOptions

  constructor(seat: Seat, stream: Stream, options: RoomOptions) {
    const { load, nowMs, sizes } = options
    this.#seat = seat
    this.#stream = stream
    this.#options = options
    this.count = new Headcount(load)
    this.#intros = new Intros({
      nowMs,
      queueBytes: () => sizes().queueBytes,
      titleBlock: () => stream.titleBlock,
      onHeard: (listener, since) => stream.enter(listener, since, 0),
      onStuck: (listener) => this.count.tally.dropped.add(listener),
    })
  }

  /** listeners and relays */
  get size(): number {
    return this.count.listeners + this.count.relays
  }

  get everyone(): Listener[] {
    return [...this.#stream.listeners, ...this.#intros.listeners]
  }

  /** Serves a listener: writes its head and first bytes at once, in one write, and then what follows. */
  join(id: number, wire: Wire, head: Uint8Array, info: ListenerInfo, metaint: number): Listener {
    const listener = new Listener(id, info, wire, metaint, this.#seat, this.count.tally)
    const views = this.#begin(listener)
    this.count.add(info.isRelay)
    if (!info.isRelay) this.count.join()
    wire.cork()
    wire.write(head)
    for (const view of views) {
      wire.write(view)
      this.count.tally.bytes += view.length
    }
    wire.uncork()
    return listener
  }

  /** Adds a listener that another mount {@link release}d, starting within the newest `bytesMax` bytes. */
  enter(listener: Listener, since: number, bytesMax: number): void {
    listener.moveTo(this.#seat, this.count.tally)
    this.count.add(listener.info.isRelay)
    this.#stream.enter(listener, since, bytesMax)
  }

  /**
   * Releases a listener to another mount; returns bytes of audio since its last metadata block, undefined if it is not
   * here.
   */
  release(listener: Listener): number | undefined {
    const since = this.#delete(listener)
    if (since !== undefined) listener.detach()
    return since
  }

  /** A connection ended; nothing happens if the listener is not here. */
  leave(listener: Listener): void {
    this.#delete(listener)
  }

  /** Closes connections after the data still queued for them; connections that do not take it are destroyed. */
  close(listeners: readonly Listener[]): void {
    if (listeners.length === 0) return
    for (const listener of listeners) {
      listener.finish() // the last flush may not have reached it yet
      this.leave(listener)
    }
    this.#options.timers.after(limits.farewellMs, () => {
      for (const { wire } of listeners) wire.destroy()
    })
  }

  /** Closes the connections of listeners whose time limit has passed. */
  expire(nowMs: number): void {
    if (this.size === 0) return
    this.close(this.everyone.filter(({ info }) => info.deadlineMs !== undefined && info.deadlineMs <= nowMs))
  }

  /** Sends the part of the intros that is due. */
  advance(): void {
    this.#intros.advance()
  }

  /** Counts what was written and drops listeners that fell off the queue. */
  settle(): void {
    for (const listener of this.count.take()) {
      this.leave(listener)
      listener.wire.destroy()
    }
  }

  /** A relay gets no intro: it passes on what it gets, and the intro would play in the middle of its stream. */
  #begin(listener: Listener): readonly Uint8Array[] {
    const intro = listener.info.isRelay ? undefined : this.#options.intro()
    if (!intro) return this.#stream.join(listener)
    const aheadBytes = Math.max(this.#options.sizes().burstBytes, intro.bytesPerMs * mediaLimits.aheadMs)
    return this.#intros.join(listener, intro, aheadBytes)
  }

  #delete(listener: Listener): number | undefined {
    const since = this.#intros.delete(listener) ?? this.#stream.delete(listener)
    if (since !== undefined) this.count.remove(listener.info.isRelay)
    return since
  }
}
