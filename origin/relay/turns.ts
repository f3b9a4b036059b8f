import type { Timers } from '../lib/timers.ts'
import { relayLimits } from './limits.ts'

type Go = (done: () => void) => void

/**
 * Lets relays begin one after the other: so many at once and a second, and of one upstream's no more than its share, so
 * that a list of thousands holds up neither the listeners of what plays nor the mounts of another upstream.
 */
export class Turns {
  #timers: Timers
  /** who waits, by the upstream's origin; who had its turn last is asked last */
  #waiting = new Map<string, Set<Go>>()
  /** connections that have yet to bring a stream or none, by the upstream's origin */
  #underWay = new Map<string, number>()
  #count = 0
  #tokens: number = relayLimits.beginsAtOnce
  #isFilling = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** connections that have yet to bring a stream or none */
  get underWay(): number {
    return this.#count
  }

  /** Calls `go` when its turn has come, which may be at once; it says when it is done. Returns the way to call it off. */
  wait(origin: string, go: Go): () => void {
    const queue = this.#waiting.get(origin) ?? new Set()
    queue.add(go)
    this.#waiting.set(origin, queue)
    this.#next()
    return () => {
      if (queue.delete(go) && queue.size === 0) this.#waiting.delete(origin)
    }
  }

  /** Begins out of turn, for listeners who wait; returns what to call when it is done. */
  take(origin: string): () => void {
    this.#count++
    this.#underWay.set(origin, (this.#underWay.get(origin) ?? 0) + 1)
    let isDone = false
    return () => {
      if (isDone) return
      isDone = true
      this.#count--
      const left = (this.#underWay.get(origin) ?? 1) - 1
      if (left > 0) this.#underWay.set(origin, left)
      else this.#underWay.delete(origin)
      this.#next()
    }
  }

  #next(): void {
    while (this.#tokens > 0 && this.#count < relayLimits.connectingMax) {
      const origin = this.#nextOrigin()
      if (origin === undefined) break
      this.#tokens--
      this.#begin(origin)
    }
    this.#fill()
  }

  #nextOrigin(): string | undefined {
    for (const origin of this.#waiting.keys())
      if ((this.#underWay.get(origin) ?? 0) < relayLimits.connectingPerOriginMax) return origin
    return undefined
  }

  #begin(origin: string): void {
    const queue = this.#waiting.get(origin)
    const [go] = queue ?? []
    this.#waiting.delete(origin)
    if (!queue || !go) return
    queue.delete(go)
    if (queue.size > 0) this.#waiting.set(origin, queue)
    go(this.take(origin))
  }

  #fill(): void {
    if (this.#isFilling || this.#tokens >= relayLimits.beginsAtOnce) return
    this.#isFilling = true
    this.#timers.after(relayLimits.beginGapMs, () => {
      this.#isFilling = false
      this.#tokens++
      this.#next()
    })
  }
}
