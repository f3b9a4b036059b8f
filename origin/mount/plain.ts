import type { HeaderSet } from '../format/framer.ts'
import type { Timers } from '../timers.ts'
import { Audience } from './audience.ts'
import { ByPlace } from './by-place.ts'
import type { Listener } from './listener.ts'
import { asBuffer, type Chunk, Queue } from './queue.ts'

const noHeader = new Uint8Array()

export interface PlainOptions {
  queueBytes: number
  /** bytes that a new listener gets at most, now */
  burstBytes: () => number
  /** whether listeners can begin nowhere but at a frame, and need the header that holds there */
  isContainer: boolean
}

/** A mount's stream as its feed sends it: the newest of it, who listens, and what a new listener gets at once. */
export class Plain {
  readonly audience: Audience
  #options: PlainOptions
  #headers = new ByPlace<Uint8Array>(noHeader)
  /** listeners of a container in which no place to begin is known: a Cluster or key frame is longer than the queue */
  #waiting = new Set<Listener>()
  #burst: { end: number; views: Uint8Array[] | undefined } | undefined

  constructor(options: PlainOptions, timers: Timers, settle: () => void) {
    this.#options = options
    this.audience = new Audience(
      new Queue(Math.max(options.queueBytes, options.burstBytes())),
      timers,
      settle,
    )
  }

  get queue(): Queue {
    return this.audience.queue
  }

  get listeners(): Listener[] {
    return [...this.audience.listeners, ...this.#waiting]
  }

  /** what a listener of a container needs before the newest bytes; empty where there is no such thing */
  get header(): Uint8Array {
    return this.#headers.newest
  }

  /**
   * What a new listener gets at once, and the audience to add it to: the newest bytes, of a container behind the header
   * that holds there. No views where a container has no place to begin yet: then it is for {@link awaitFrame}.
   */
  join(): { views: Uint8Array[] | undefined; audience: Audience } {
    if (this.#burst?.end !== this.queue.end) this.#burst = { end: this.queue.end, views: this.#look() }
    return { views: this.#burst.views, audience: this.audience }
  }

  /** Keeps a listener until a frame comes at which it can begin. */
  awaitFrame(listener: Listener): void {
    this.#waiting.add(listener)
  }

  /** False where it was not among the listeners. */
  delete(listener: Listener): boolean {
    return this.audience.delete(listener) || this.#waiting.delete(listener)
  }

  /** Takes in what comes next, and the headers that hold from places in it on. */
  push(chunk: Chunk, headers: readonly HeaderSet[] = []): void {
    const place = this.queue.endPlace
    this.queue.push(chunk)
    for (const { at, bytes } of headers) this.#headers.set(place + at, asBuffer(bytes))
    this.#headers.prune(this.queue.firstPlace)
    const [frame] = chunk.frames
    if (frame !== undefined && this.#waiting.size > 0)
      this.#admit([this.#headers.at(place + frame), chunk.bytes.subarray(frame)])
  }

  /** Begins anew with another format, and nobody listening: nothing of what it holds can be given to anyone. */
  clear(isContainer: boolean): void {
    this.#options.isContainer = isContainer
    this.queue.clear()
    this.#headers = new ByPlace<Uint8Array>(noHeader)
    this.#burst = undefined
  }

  #admit(views: readonly Uint8Array[]): void {
    for (const listener of this.#waiting) {
      listener.begin(views)
      this.audience.add(listener)
    }
    this.#waiting.clear()
  }

  #look(): Uint8Array[] | undefined {
    const { queue } = this
    const { isContainer } = this.#options
    const burstBytes = this.#options.burstBytes()
    if (!isContainer) return queue.slice(queue.burstPlace(burstBytes))
    const place = queue.frameFrom(queue.endPlace - burstBytes) ?? queue.newestFrame
    return place === undefined ? undefined : [this.#headers.at(place), ...queue.slice(place)]
  }
}
