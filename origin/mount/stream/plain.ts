import type { HeaderSet } from '../../format/framer.ts'
import type { Timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'
import { Audience } from './audience.ts'
import type { Sizes } from './burst.ts'
import { ByOffset } from './by-offset.ts'
import type { Listener } from './listener.ts'
import { asBuffer, type Chunk, Queue } from './queue.ts'

const noHeader = new Uint8Array()

export interface PlainOptions {
  /** what holds now: settings may change while the mount runs */
  sizes: () => Sizes
  /** ms, a clock that does not step back */
  nowMs: () => number
  /** whether listeners can begin nowhere but at a frame, and need the header that holds there */
  isContainer: boolean
}

/** A mount's stream as its feed sends it: the newest of it, who listens, and what a new listener gets at once. */
export class Plain {
  readonly #audience: Audience
  #options: PlainOptions
  #headers = new ByOffset<Uint8Array>(noHeader)
  /**
   * listeners of a container in which no place to begin is known: a Cluster or key frame is longer than the queue. The
   * header that each needs is told apart: {@link enter}
   */
  #waiting = new Map<Listener, { needsHeader: boolean; untilMs: number }>()
  #burst: { end: number; views: Uint8Array[] | undefined } | undefined

  constructor(options: PlainOptions, timers: Timers, settle: () => void) {
    this.#options = options
    this.#audience = new Audience(new Queue(0), timers, settle) // each push says how much it may hold
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

  /** what a listener of a container needs before the newest bytes; empty where there is no such thing */
  get header(): Uint8Array {
    return this.#headers.newest
  }

  /** whether somebody who comes now can begin at once */
  get hasStart(): boolean {
    return this.#options.isContainer
      ? this.queue.newestFrame !== undefined
      : this.queue.endOffset > this.queue.firstOffset
  }

  /**
   * Takes in a new listener, and returns what it gets at once: the newest bytes, of a container behind the header that
   * holds there. Where a container has no place to begin, it waits for one.
   */
  join(listener: Listener): readonly Uint8Array[] {
    const views = this.#burstViews()
    if (views) this.#add(listener, [])
    else this.#wait(listener, true)
    return views ?? []
  }

  /**
   * Takes in a listener from elsewhere: it begins at a frame within the newest so many bytes, or at the newest; where no
   * frame is known, at a chunk.
   * @param needsHeader whether it has to have the header that holds there; no matter where there is none
   */
  enter(listener: Listener, bytesMax: number, needsHeader: boolean): void {
    const views = this.#viewsFrom(bytesMax, needsHeader)
    if (views) this.#add(listener, views)
    else if (this.#options.isContainer) this.#wait(listener, needsHeader)
    else this.#add(listener, this.queue.slice(this.queue.burstOffset(bytesMax)))
  }

  /** False where it was not among the listeners. */
  delete(listener: Listener): boolean {
    return this.#audience.delete(listener) || this.#waiting.delete(listener)
  }

  /** Takes in what comes next, and the headers that hold from offsets in it on. */
  push(chunk: Chunk, headers: readonly HeaderSet[] = []): void {
    const offset = this.queue.endOffset
    this.queue.bytesMax = this.#options.sizes().queueBytes
    this.queue.push(chunk)
    for (const { at, bytes } of headers) this.#headers.set(offset + at, asBuffer(bytes))
    this.#headers.prune(this.queue.firstOffset)
    if (this.#waiting.size > 0) this.#admit(chunk, offset)
  }

  flush(): void {
    this.#audience.flush()
  }

  /** Begins anew with another format: nothing of what it holds can be given to anyone. Who has heard nothing yet stays. */
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

  /** Lets in all who wait where a frame begins; where none does, at the chunk, those who have waited for long enough. */
  #admit({ bytes, frames: [frame] }: Chunk, offset: number): void {
    const nowMs = this.#options.nowMs()
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

  /** From the first frame within the newest so many bytes on, else from the newest; undefined where no frame is known. */
  #viewsFrom(bytesMax: number, withHeader: boolean): Uint8Array[] | undefined {
    const { queue } = this
    const offset = queue.frameFrom(queue.endOffset - bytesMax) ?? queue.newestFrame
    if (offset === undefined) return undefined
    const header = withHeader && this.#options.isContainer ? [this.#headers.at(offset)] : []
    return [...header, ...queue.slice(offset)]
  }
}
