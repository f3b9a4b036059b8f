import { relayLimits } from '../limits.ts'
import { type Attempt, nextAttempt, returnAttempt, type Trouble } from './choice.ts'
import { keyOf, type Upstream } from './upstream.ts'

/** The upstreams of one relay, and their recent failures. */
export class Upstreams {
  #list: readonly Upstream[]
  #nowMs: () => number
  #roll: () => number
  #troubles = new Map<string, Trouble>()

  /**
   * @param list in order of preference, without repeats
   * @param nowMs monotonic clock in ms
   * @param roll random numbers in [0, 1)
   */
  constructor(list: readonly Upstream[], nowMs: () => number, roll: () => number) {
    this.#list = list
    this.#nowMs = nowMs
    this.#roll = roll
  }

  /** Replaces the upstreams or their order; clears the failures of an upstream whose master answers again. */
  replace(list: readonly Upstream[]): void {
    const doubtful = new Set(this.#list.filter(({ isDoubtful }) => isDoubtful).map(keyOf))
    for (const upstream of list)
      if (!upstream.isDoubtful && doubtful.has(keyOf(upstream))) this.#troubles.delete(keyOf(upstream))
    this.#list = list
  }

  /**
   * The upstream to ask next, and when.
   * @param isHeld whether listeners wait
   * @param retryDelayMs between two attempts while none wait; undefined: the same as for all relays
   */
  next(isHeld: boolean, retryDelayMs: number | undefined): Attempt | undefined {
    const own =
      retryDelayMs === undefined ? relayLimits.retry : { firstMs: retryDelayMs, maxMs: retryDelayMs }
    const backoff = isHeld ? relayLimits.retryHeld : own
    return nextAttempt(this.#list, this.#troubles, backoff, this.#nowMs())
  }

  /** The first upstream in order of preference, ignoring failures. */
  first(): Upstream | undefined {
    return nextAttempt(this.#list, new Map(), relayLimits.retry, this.#nowMs())?.upstream
  }

  /** A preferred upstream to return to from the current one, and when to try it; undefined if none is preferred. */
  preferredTo(current: Upstream): Attempt | undefined {
    return returnAttempt(this.#list, current, this.#troubles, relayLimits.comeBack, this.#nowMs())
  }

  /** Counts a failure: one more in a row, unless the connection lasted long. */
  failed(upstream: Upstream, stoodMs: number): void {
    const key = keyOf(upstream)
    const before = stoodMs >= relayLimits.steadyMs ? 0 : (this.#troubles.get(key)?.failures ?? 0)
    this.#troubles.set(key, { failures: before + 1, atMs: this.#nowMs(), roll: this.#roll() })
  }

  forgive(): void {
    this.#troubles.clear()
  }
}
