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
  /** what holds now: settings may change while the mount runs */
  sizes: () => Sizes
  /** what a new listener hears first, if anything */
  intro: () => IntroFile | undefined
}

/** Who listens to a mount: they come from outside or from another mount, are counted, go, and are closed. */
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

  get everyone(): Listener[] {
    return [...this.#stream.listeners, ...this.#intros.listeners]
  }

  /** Serves a listener: its head and what it begins with at once, in one write, and what comes from then on. */
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

  /** Takes in a listener that {@link release} let go elsewhere, within the newest so many bytes. */
  enter(listener: Listener, since: number, bytesMax: number): void {
    listener.moveTo(this.#seat, this.count.tally)
    this.count.add(listener.info.isRelay)
    this.#stream.enter(listener, since, bytesMax)
  }

  /** Lets a listener go to another mount: what it has had since its last block of metadata; undefined where it is not here. */
  release(listener: Listener): number | undefined {
    const since = this.#delete(listener)
    if (since !== undefined) listener.detach()
    return since
  }

  /** A connection ended; one that is not here changes nothing. */
  leave(listener: Listener): void {
    this.#delete(listener)
  }

  /** Closes connections behind what there is for them; those that do not take it are cut. */
  close(listeners: readonly Listener[]): void {
    if (listeners.length === 0) return
    for (const listener of listeners) {
      listener.send() // its turn in the last flush may not have come yet
      listener.wire.end()
      this.leave(listener)
    }
    this.#options.timers.after(limits.farewellMs, () => {
      for (const { wire } of listeners) wire.destroy()
    })
  }

  /** Closes the connections of listeners whose time is over. */
  expire(nowMs: number): void {
    this.close(this.everyone.filter(({ info }) => info.deadlineMs !== undefined && info.deadlineMs <= nowMs))
  }

  /** Hands out what is due of intros. */
  advance(): void {
    this.#intros.advance()
  }

  /** Counts what was written and drops who fell off the queue. */
  settle(): void {
    for (const listener of this.count.take()) {
      this.leave(listener)
      listener.wire.destroy()
    }
  }

  /** A relay passes on what it gets: an intro would be heard in the middle of its stream. */
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
