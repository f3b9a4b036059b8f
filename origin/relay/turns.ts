import type { Timers } from '../lib/timers.ts'
import { relayLimits } from './limits.ts'

type Go = (done: () => void) => void

/**
 * Starts relays one after the other: a limited number at once and per second, and a limited share of one upstream's, so
 * that a list of thousands delays neither the listeners of running mounts nor the mounts of another upstream.
 */
export class Turns {
  #timers: Timers
  /** waiting relays, by the upstream's origin; the origin that had its turn last comes last */
  #waiting = new Map<string, Set<Go>>()
  /** connections without a stream yet, by the upstream's origin */
  #underWay = new Map<string, number>()
  #count = 0
  #tokens: number = relayLimits.beginsAtOnce
  #isFilling = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** connections without a stream yet */
  get underWay(): number {
    return this.#count
  }

  /**
   * Calls `go` when its turn has come, possibly at once; `go` gets a callback for when it is done. Returns a function
   * that cancels.
   */
  wait(origin: string, go: Go): () => void {
    const queue = this.#waiting.get(origin) ?? new Set()
    queue.add(go)
    this.#waiting.set(origin, queue)
    this.#next()
    return () => {
      if (queue.delete(go) && queue.size === 0) this.#waiting.delete(origin)
    }
  }

  /** Starts out of turn, for waiting listeners; returns what to call when it is done. */
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
