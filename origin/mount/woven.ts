import { Interleaver, type WovenChunk } from '../icy/interleaver.ts'
import { type Joining, joinWoven } from '../icy/join.ts'
import type { Timers } from '../timers.ts'
import { Audience } from './audience.ts'
import type { Sizes } from './burst.ts'
import type { Listener } from './listener.ts'
import { asBuffer, type Chunk, Queue } from './queue.ts'
import type { Titles } from './titles.ts'

/** grid points' distances that the queue holds beyond the burst: a grid point lies within, wherever the burst begins */
const gridLengths = 3

export interface WovenOptions {
  /** bytes of audio between two blocks */
  metaint: number
  /** what is woven */
  plain: Queue
  /** whether its frames are known as they come */
  hasFrames: () => boolean
  titles: Titles
  /** what holds now: settings may change while the mount runs */
  sizes: () => Sizes
}

/**
 * A mount's stream with ICY metadata in it: woven once for all who were told the same metaint, and only while somebody
 * listens to it.
 */
export class Woven {
  #options: WovenOptions
  #timers: Timers
  #settle: () => void
  #interleaver: Interleaver
  #audience: Audience<WovenChunk>
  /** who came from another mount and finds no place yet, with what each has had since its last block */
  #waiting = new Map<Listener, number>()
  /** what was made for the last who came, good for all who come to the same place until the queue moves on */
  #made: (Joining & { end: number; views: Uint8Array[] | undefined }) | undefined

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

  /** bytes of audio since the last block, for all who have had the newest */
  get since(): number {
    return this.#interleaver.since
  }

  /** whether nobody listens, and it need not go on */
  get isIdle(): boolean {
    return this.#audience.size === 0 && this.#waiting.size === 0
  }

  /** Takes in a new listener, and returns what it gets at once. */
  join(listener: Listener): readonly Uint8Array[] {
    const views = this.#viewsFor({ bytesMax: this.#options.sizes().burstBytes, since: 0, atFrame: false })
    this.#add(listener, [])
    return views ?? []
  }

  /**
   * Takes in a listener from elsewhere, who has had so many bytes since its last block: it begins where this stream has
   * had as many, at a frame within the newest so many bytes or at the newest; it waits where there is no such place yet.
   */
  enter(listener: Listener, since: number, bytesMax: number): void {
    const views = this.#viewsFor({ since, bytesMax, atFrame: this.#options.hasFrames() })
    if (views) this.#add(listener, views)
    else this.#waiting.set(listener, since)
  }

  /** What a listener has had since its last block; undefined where it was not among the listeners. */
  delete(listener: Listener): number | undefined {
    if (this.#audience.delete(listener)) return this.since
    const since = this.#waiting.get(listener)
    this.#waiting.delete(listener)
    return since
  }

  /** Takes in what the plain queue got at this place. */
  push(chunk: Chunk, place: number): void {
    const { queue } = this.#audience
    queue.bytesMax = this.#queueBytes()
    queue.push(this.#weave(this.#interleaver, chunk, place))
    for (const [listener, since] of [...this.#waiting]) {
      this.#waiting.delete(listener)
      this.enter(listener, since, queue.endPlace)
    }
  }

  flush(): void {
    this.#audience.flush()
  }

  #add(listener: Listener, views: readonly Uint8Array[]): void {
    listener.attach(this.#audience.queue, views)
    this.#audience.add(listener)
  }

  #viewsFor(joining: Joining): Uint8Array[] | undefined {
    const { queue } = this.#audience
    const { end } = queue
    const made = this.#made
    if (
      made?.end === end &&
      made.since === joining.since &&
      made.bytesMax === joining.bytesMax &&
      made.atFrame === joining.atFrame
    )
      return made.views
    const join = joinWoven(queue, joining)
    if (join && !join.titled) this.#interleaver.repeatTitle()
    this.#made = { ...joining, end, views: join?.views }
    return join?.views
  }

  #queueBytes(): number {
    const { queueBytes, burstBytes } = this.#options.sizes()
    return Math.max(queueBytes, burstBytes + gridLengths * this.#options.metaint)
  }

  #weave(interleaver: Interleaver, chunk: Chunk, place: number): WovenChunk {
    const woven = interleaver.weave(chunk, (offset) => this.#options.titles.blockAt(place + offset))
    return { ...woven, bytes: asBuffer(woven.bytes) }
  }

  /** Weaves what the plain queue holds, so that the first listener has its burst too. */
  #begin(): { interleaver: Interleaver; audience: Audience<WovenChunk> } {
    const { plain, metaint } = this.#options
    const queue = new Queue<WovenChunk>(this.#queueBytes())
    const interleaver = new Interleaver(metaint)
    let place = plain.firstPlace
    for (const chunk of plain.chunks) {
      queue.push(this.#weave(interleaver, chunk, place))
      place += chunk.bytes.length
    }
    return { interleaver, audience: new Audience(queue, this.#timers, this.#settle) }
  }
}
