import { relayLimits } from '../limits.ts'
import { type Attempt, nextAttempt, returnAttempt, type Trouble } from './choice.ts'
import { keyOf, type Upstream } from './upstream.ts'

/** The upstreams of one relay, and what each did of late. */
export class Upstreams {
  #list: readonly Upstream[]
  #nowMs: () => number
  #roll: () => number
  #troubles = new Map<string, Trouble>()

  /** @param list in order of preference, each once @param nowMs a clock in ms that does not step back @param roll numbers in [0, 1) */
  constructor(list: readonly Upstream[], nowMs: () => number, roll: () => number) {
    this.#list = list
    this.#nowMs = nowMs
    this.#roll = roll
  }

  /** Takes over other upstreams, or another order; nothing speaks against one whose master answers again. */
  replace(list: readonly Upstream[]): void {
    const doubtful = new Set(this.#list.filter(({ isDoubtful }) => isDoubtful).map(keyOf))
    for (const upstream of list)
      if (!upstream.isDoubtful && doubtful.has(keyOf(upstream))) this.#troubles.delete(keyOf(upstream))
    this.#list = list
  }

  /**
   * Whom to ask next, and when.
   * @param isHeld whether listeners wait for it
   * @param retryDelayMs between two attempts while none do; undefined: as for all relays
   */
  next(isHeld: boolean, retryDelayMs: number | undefined): Attempt | undefined {
    const own =
      retryDelayMs === undefined ? relayLimits.retry : { firstMs: retryDelayMs, maxMs: retryDelayMs }
    const backoff = isHeld ? relayLimits.retryHeld : own
    return nextAttempt(this.#list, this.#troubles, backoff, this.#nowMs())
  }

  /** The upstream to ask where all may be asked now. */
  first(): Upstream | undefined {
    return nextAttempt(this.#list, new Map(), relayLimits.retry, this.#nowMs())?.upstream
  }

  /** Whom to go over to from one that plays, and when to try; undefined where none is preferred to it. */
  preferredTo(current: Upstream): Attempt | undefined {
    return returnAttempt(this.#list, current, this.#troubles, relayLimits.comeBack, this.#nowMs())
  }

  /** Counts a failure: one more in a row, unless the connection stood for long. */
  failed(upstream: Upstream, stoodMs: number): void {
    const key = keyOf(upstream)
    const before = stoodMs >= relayLimits.steadyMs ? 0 : (this.#troubles.get(key)?.failures ?? 0)
    this.#troubles.set(key, { failures: before + 1, atMs: this.#nowMs(), roll: this.#roll() })
  }

  forgive(): void {
    this.#troubles.clear()
  }
}
