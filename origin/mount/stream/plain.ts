import type { Chunk } from '../../format/chunk.ts'
import type { HeaderSet } from '../../format/framer.ts'
import { asBuffer, giveBack } from '../../lib/bytes.ts'
import type { Timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'
import { Audience } from './audience.ts'
import type { Sizes } from './burst.ts'
import { ByOffset } from './by-offset.ts'
import type { Listener } from './listener.ts'
import { Queue } from './queue.ts'

const noHeader = new Uint8Array()

export interface PlainOptions {
  /** current sizes: settings may change while the mount runs */
  sizes: () => Sizes
  /** monotonic clock, in ms */
  nowMs: () => number
  /** whether listeners can begin only at a frame, and need the header valid there */
  isContainer: boolean
}

/** A mount's stream as its feed sends it: the newest bytes, its listeners, and what a new listener gets at once. */
export class Plain {
  readonly #audience: Audience
  #options: PlainOptions
  #headers = new ByOffset<Uint8Array>(noHeader)
  /**
   * listeners of a container that wait for a starting point: a Cluster or key frame is longer than the queue. Whether
   * each needs the header is given to {@link enter}
   */
  #waiting = new Map<Listener, { needsHeader: boolean; untilMs: number }>()
  #burst: { end: number; views: Uint8Array[] | undefined } | undefined

  constructor(options: PlainOptions, timers: Timers, settle: () => void) {
    this.#options = options
    const queue = new Queue(0, giveBack) // each push sets the size
    this.#audience = new Audience(queue, timers, settle)
  }

  get queue(): Queue {
    return this.#audience.queue
  }

  get isContainer(): boolean {
    return this.#options.isContainer
  }

  get listeners(): Listener[] {
    return [...this.#audience.listeners, ...this.#waiting.keys()]
  }

  /** what a listener of a container needs before the newest bytes; empty for other formats */
  get header(): Uint8Array {
    return this.#headers.newest
  }

  /** whether a new listener can begin at once */
  get hasStart(): boolean {
    return this.#options.isContainer
      ? this.queue.newestFrame !== undefined
      : this.queue.endOffset > this.queue.firstOffset
  }

  /**
   * Adds a new listener, and returns what it gets at once: the newest bytes, for a container preceded by the header
   * valid there. If a container has no starting point yet, the listener waits for one.
   */
  join(listener: Listener): readonly Uint8Array[] {
    const views = this.#burstViews()
    if (views) this.#add(listener, [])
    else this.#wait(listener, true)
    return views ?? []
  }

  /**
   * Adds a listener from another mount: it begins at a frame within the newest `bytesMax` bytes, or at the newest; if
   * no frame is known, at a chunk.
   * @param needsHeader whether it must get the header valid there; without effect if there is none
   */
  enter(listener: Listener, bytesMax: number, needsHeader: boolean): void {
    const views = this.#viewsFrom(bytesMax, needsHeader)
    if (views) this.#add(listener, views)
    else if (this.#options.isContainer) this.#wait(listener, needsHeader)
    else this.#add(listener, this.queue.slice(this.queue.burstOffset(bytesMax)))
  }

  /** False if it was not a listener. */
  delete(listener: Listener): boolean {
    return this.#audience.delete(listener) || this.#waiting.delete(listener)
  }

  /** Adds the next bytes, and the headers valid from offsets in them on. */
  push(chunk: Chunk, headers: readonly HeaderSet[] = []): void {
    const offset = this.queue.endOffset
    const { queueBytes, restBytes } = this.#options.sizes()
    this.queue.bytesMax = queueBytes
    this.queue.restBytes = restBytes
    this.queue.push(chunk)
    this.#burst = undefined // it would keep old chunks in memory until the next listener joins
    for (const { at, bytes } of headers) this.#headers.set(offset + at, asBuffer(bytes))
    this.#headers.prune(this.queue.firstOffset)
    if (this.#waiting.size > 0) this.#admit(chunk, offset)
  }

  flush(): void {
    this.#audience.flush()
  }

  /** Restarts with another format: none of the held bytes can be used. A listener that has heard nothing yet stays. */
  clear(isContainer: boolean): void {
    this.#options.isContainer = isContainer
    this.queue.clear()
    this.#headers = new ByOffset<Uint8Array>(noHeader)
    this.#burst = undefined
    if (isContainer) return
    for (const listener of this.#waiting.keys()) this.#add(listener, [])
    this.#waiting.clear()
  }

  #wait(listener: Listener, needsHeader: boolean): void {
    const untilMs = this.#options.nowMs() + limits.keyFrameWaitMs
    this.#waiting.set(listener, { needsHeader, untilMs })
  }

  /**
   * Starts all waiting listeners at the next frame; if there is none, those that have waited long enough start at the
   * chunk.
   */
  #admit({ bytes, frames: [frame] }: Chunk, offset: number): void {
    const nowMs = this.#options.nowMs()
    this.queue.lend()
    const begin = frame ?? 0
    const views = [this.#headers.at(offset + begin), bytes.subarray(begin)]
    for (const [listener, { needsHeader, untilMs }] of this.#waiting)
      if (frame !== undefined || nowMs >= untilMs) {
        this.#add(listener, needsHeader ? views : views.slice(1))
        this.#waiting.delete(listener)
      }
  }

  #add(listener: Listener, views: readonly Uint8Array[]): void {
    listener.attach(this.queue, views)
    this.#audience.add(listener)
  }

  #burstViews(): Uint8Array[] | undefined {
    if (this.#burst?.end !== this.queue.end) this.#burst = { end: this.queue.end, views: this.#look() }
    return this.#burst.views
  }

  #look(): Uint8Array[] | undefined {
    const { queue } = this
    const { burstBytes } = this.#options.sizes()
    return this.#options.isContainer
      ? this.#viewsFrom(burstBytes, true)
      : queue.slice(queue.burstOffset(burstBytes))
  }

  /**
   * Views from the first frame within the newest `bytesMax` bytes, else from the newest frame; undefined if no frame is
   * known.
   */
  #viewsFrom(bytesMax: number, withHeader: boolean): Uint8Array[] | undefined {
    const { queue } = this
    const offset = queue.frameFrom(queue.endOffset - bytesMax) ?? queue.newestFrame
    if (offset === undefined) return undefined
    const header = withHeader && this.#options.isContainer ? [this.#headers.at(offset)] : []
    return [...header, ...queue.slice(offset)]
  }
}
