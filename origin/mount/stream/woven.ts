import type { Chunk } from '../../format/chunk.ts'
import { Interleaver, type WovenChunk } from '../../icy/interleaver.ts'
import { asBuffer } from '../../lib/bytes.ts'
import type { Timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'
import { Audience } from './audience.ts'
import type { Sizes } from './burst.ts'
import { enterWoven, type Join, joinWoven } from './join-woven.ts'
import type { Listener } from './listener.ts'
import { Queue } from './queue.ts'
import type { Titles } from './titles.ts'

/** metadata intervals that the queue holds in addition to the burst: a block lies within, wherever the burst begins */
const gridLengths = 3

export interface WovenOptions {
  /** bytes of audio between two blocks */
  metaint: number
  /** the audio without metadata */
  plain: Queue
  /** whether frames are known as the bytes arrive */
  hasFrames: () => boolean
  titles: Titles
  /** monotonic clock, in ms */
  nowMs: () => number
  /** current sizes: settings may change while the mount runs */
  sizes: () => Sizes
}

interface Waiting {
  /** bytes of audio since its last block */
  since: number
  /** offset where the bytes owed to it begin */
  from: number
  /** ms after which it begins at any byte */
  untilMs: number
}

/**
 * A mount's stream with ICY metadata: woven once for all listeners with the same metaint, and only while there are any.
 */
export class Woven {
  #options: WovenOptions
  #timers: Timers
  #settle: () => void
  #interleaver: Interleaver
  #audience: Audience<WovenChunk>
  /** listeners that came from another mount while no frame was known */
  #waiting = new Map<Listener, Waiting>()
  /** views made for the last joiner, reused for similar joiners until the queue changes */
  #made: { end: number; alike: string; views: Uint8Array[] | undefined } | undefined

  constructor(options: WovenOptions, timers: Timers, settle: () => void) {
    this.#options = options
    this.#timers = timers
    this.#settle = settle
    const begun = this.#begin()
    this.#interleaver = begun.interleaver
    this.#audience = begun.audience
  }

  get listeners(): Listener[] {
    return [...this.#audience.listeners, ...this.#waiting.keys()]
  }

  /** bytes of audio since the last block, for listeners that have had the newest bytes */
  get since(): number {
    return this.#interleaver.since
  }

  /** whether it has no listeners and can be removed */
  get isIdle(): boolean {
    return this.#audience.size === 0 && this.#waiting.size === 0
  }

  /** Adds a new listener, and returns what it gets at once. */
  join(listener: Listener): readonly Uint8Array[] {
    const { burstBytes } = this.#options.sizes()
    const views = this.#make(`join ${burstBytes}`, (queue) => joinWoven(queue, burstBytes))
    this.#add(listener, [])
    return views ?? []
  }

  /**
   * Adds a listener from another mount, which has had `since` bytes since its last block: it begins within the newest
   * `bytesMax` bytes or at the newest, at a frame. If none is known yet it waits for one, but only for a limited time:
   * a feed may not send what it announces.
   */
  enter(listener: Listener, since: number, bytesMax: number): void {
    const { hasFrames, nowMs } = this.#options
    if (this.#tryEnter(listener, since, bytesMax, hasFrames())) return
    const from = this.#audience.queue.endOffset - bytesMax
    this.#waiting.set(listener, { since, from, untilMs: nowMs() + limits.frameWaitMs })
  }

  /** Removes a listener; returns bytes since its last block, undefined if it was not a listener. */
  delete(listener: Listener): number | undefined {
    if (this.#audience.delete(listener)) return this.since
    const waiting = this.#waiting.get(listener)
    this.#waiting.delete(listener)
    return waiting?.since
  }

  /** Adds the bytes that the plain queue got at this offset. */
  push(chunk: Chunk, offset: number): void {
    const { queue } = this.#audience
    const { restBytes } = this.#options.sizes()
    queue.bytesMax = this.#queueBytes()
    queue.restBytes = restBytes + gridLengths * this.#options.metaint
    this.#made = undefined
    queue.push(this.#weave(this.#interleaver, chunk, offset))
    if (this.#waiting.size > 0) this.#admit()
  }

  flush(): void {
    this.#audience.flush()
  }

  #add(listener: Listener, views: readonly Uint8Array[]): void {
    listener.attach(this.#audience.queue, views)
    this.#audience.add(listener)
  }

  #admit(): void {
    const { nowMs, sizes } = this.#options
    const needsFrame = this.#options.hasFrames()
    for (const [listener, { since, from, untilMs }] of this.#waiting) {
      const owedBytes = Math.min(this.#audience.queue.endOffset - from, sizes().burstBytes)
      if (this.#tryEnter(listener, since, owedBytes, needsFrame && nowMs() < untilMs))
        this.#waiting.delete(listener)
    }
  }

  #tryEnter(listener: Listener, since: number, owedBytes: number, needsFrame: boolean): boolean {
    const { metaint } = this.#options
    const views = this.#make(`enter ${since} ${owedBytes} ${needsFrame}`, (queue) =>
      enterWoven(queue, { metaint, since, owedBytes, needsFrame }),
    )
    if (views) this.#add(listener, views)
    return views !== undefined
  }

  #make(alike: string, make: (queue: Queue<WovenChunk>) => Join | undefined): Uint8Array[] | undefined {
    const { queue } = this.#audience
    const { end } = queue
    if (this.#made?.end === end && this.#made.alike === alike) return this.#made.views
    const join = make(queue)
    if (join && !join.titled) this.#interleaver.repeatTitle()
    this.#made = { end, alike, views: join?.views }
    return join?.views
  }

  #queueBytes(): number {
    const { queueBytes, burstBytes } = this.#options.sizes()
    return Math.max(queueBytes, burstBytes + gridLengths * this.#options.metaint)
  }

  #weave(interleaver: Interleaver, chunk: Chunk, offset: number): WovenChunk {
    const woven = interleaver.weave(chunk, (at) => this.#options.titles.blockAt(offset + at))
    return { ...woven, bytes: asBuffer(woven.bytes) }
  }

  /** Weaves what the plain queue holds, so that the first listener gets its burst too. */
  #begin(): { interleaver: Interleaver; audience: Audience<WovenChunk> } {
    const { plain, metaint } = this.#options
    const queue = new Queue<WovenChunk>(this.#queueBytes())
    const interleaver = new Interleaver(metaint)
    let offset = plain.firstOffset
    for (const chunk of plain.chunks) {
      queue.push(this.#weave(interleaver, chunk, offset))
      offset += chunk.bytes.length
    }
    return { interleaver, audience: new Audience(queue, this.#timers, this.#settle) }
  }
}
