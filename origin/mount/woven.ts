import { Interleaver, type WovenChunk } from '../icy/interleaver.ts'
import { joinWoven } from '../icy/join.ts'
import { limits } from '../limits.ts'
import { Audience } from './audience.ts'
import type { Listener } from './listener.ts'
import type { MountsDeps } from './mounts.ts'
import { asBuffer, type Chunk, Queue } from './queue.ts'
import type { Titles } from './titles.ts'

/** bytes that the woven queue holds beyond the burst: a grid point lies within, wherever the burst begins */
const gridBytes = 3 * limits.metaintBytes

/** A mount's stream with ICY metadata in it: woven once for all who ask for it, and only while somebody does. */
export class Woven {
  #deps: MountsDeps
  #plain: Queue
  #titles: Titles
  #burstBytes: () => number
  #settle: () => void
  #active: { interleaver: Interleaver; audience: Audience<WovenChunk> } | undefined
  #burst: { end: number; views: Uint8Array[] } | undefined

  /** @param burstBytes that a new listener gets at most, now */
  constructor(deps: MountsDeps, plain: Queue, titles: Titles, burstBytes: () => number, settle: () => void) {
    this.#deps = deps
    this.#burstBytes = burstBytes
    this.#plain = plain
    this.#titles = titles
    this.#settle = settle
  }

  get listeners(): Iterable<Listener> {
    return this.#active?.audience.listeners ?? []
  }

  /** What a new listener gets at once, and the audience to add it to. */
  join(): { views: Uint8Array[]; audience: Audience<WovenChunk> } {
    this.#active ??= this.#begin()
    const { audience, interleaver } = this.#active
    if (this.#burst?.end === audience.queue.end) return { views: this.#burst.views, audience }
    const { views, titled } = joinWoven(audience.queue, this.#burstBytes())
    if (!titled) interleaver.repeatTitle()
    this.#burst = { end: audience.queue.end, views }
    return { views, audience }
  }

  delete(listener: Listener): boolean {
    return this.#active?.audience.delete(listener) ?? false
  }

  /** Takes in what the plain queue got at this place. */
  push(chunk: Chunk, place: number): void {
    if (!this.#active) return
    const { audience, interleaver } = this.#active
    if (audience.size === 0) {
      this.#active = undefined
      this.#burst = undefined
      return
    }
    audience.queue.push(this.#weave(interleaver, chunk, place))
  }

  /** Forgets all it holds: nobody listens, and what comes next has nothing to do with it. */
  clear(): void {
    this.#active = undefined
    this.#burst = undefined
  }

  flush(): void {
    this.#active?.audience.flush()
  }

  #weave(interleaver: Interleaver, chunk: Chunk, place: number): WovenChunk {
    const woven = interleaver.weave(chunk, (offset) => this.#titles.blockAt(place + offset))
    return { ...woven, bytes: asBuffer(woven.bytes) }
  }

  /** Weaves what the plain queue holds, so that the first listener has its burst too. */
  #begin(): { interleaver: Interleaver; audience: Audience<WovenChunk> } {
    const { queueBytes } = this.#deps.config.limits
    const queue = new Queue<WovenChunk>(Math.max(queueBytes, this.#burstBytes() + gridBytes))
    const interleaver = new Interleaver(limits.metaintBytes)
    let place = this.#plain.firstPlace
    for (const chunk of this.#plain.chunks) {
      queue.push(this.#weave(interleaver, chunk, place))
      place += chunk.bytes.length
    }
    return { interleaver, audience: new Audience(queue, this.#deps.timers, this.#settle) }
  }
}
