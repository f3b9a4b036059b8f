import type { Timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'

interface FlushingDeps {
  timers: Timers
  /** monotonic clock, in ms */
  nowMs: () => number
}

/** A mount as its flushes need it. */
interface Flushed {
  /** whether it has a listener or relay */
  isHeard: () => boolean
  flush: () => void
}

/**
 * Flushes a mount again and again: the more listeners on the server, the longer the pause and the larger each write
 * (docs/protocol.md#performance). A mount that somebody hears has one timer. One that nobody hears has none: it is flushed when bytes come,
 * which wake the program anyway, as often.
 */
export class Flushing {
  #deps: FlushingDeps
  #listeners: () => number
  #mount: Flushed
  #flushedAtMs: number
  #cancel: (() => void) | undefined
  #isOn = true

  /** @param listeners on the server, or at least on the mount */
  constructor(deps: FlushingDeps, listeners: () => number, mount: Flushed) {
    this.#deps = deps
    this.#listeners = listeners
    this.#mount = mount
    this.#flushedAtMs = deps.nowMs()
  }

  /** Bytes have come. */
  heard(): void {
    this.#flushAfter(1)
  }

  /** Some time has passed: what came last, and was followed by nothing, still waits. */
  look(): void {
    this.#flushAfter(2)
  }

  /** Somebody hears it now. */
  joined(): void {
    if (this.#isOn) this.#cancel ??= this.#deps.timers.after(this.#pauseMs, () => this.#turn())
  }

  stop(): void {
    this.#isOn = false
    this.#cancel?.()
    this.#cancel = undefined
  }

  #turn(): void {
    this.#cancel = undefined
    this.#flush()
    if (this.#mount.isHeard()) this.joined()
  }

  #flushAfter(pauses: number): void {
    const isTimed = this.#cancel !== undefined
    if (isTimed || !this.#isOn || this.#deps.nowMs() - this.#flushedAtMs < pauses * this.#pauseMs) return
    this.#flush()
  }

  #flush(): void {
    this.#flushedAtMs = this.#deps.nowMs()
    this.#mount.flush()
  }

  get #pauseMs(): number {
    const { flushMsMin, flushMsMax, crowd } = limits
    return Math.min(flushMsMax, Math.max(flushMsMin, (this.#listeners() / crowd) * flushMsMax))
  }
}
