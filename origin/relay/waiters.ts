import type { Timers } from '../lib/timers.ts'
import { relayLimits } from './limits.ts'

/** Listeners that wait for a mount to start. */
export class Waiters {
  #timers: Timers
  #waiting = new Set<(carried: boolean) => void>()

  constructor(timers: Timers) {
    this.#timers = timers
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  /** Resolves with the value given to `tell`, or with false after a timeout. */
  wait(): Promise<boolean> {
    return new Promise((resolve) => {
      const tell = (carried: boolean) => {
        cancel()
        this.#waiting.delete(tell)
        resolve(carried)
      }
      const cancel = this.#timers.after(relayLimits.demandTimeoutMs, () => tell(false))
      this.#waiting.add(tell)
    })
  }

  /** Tells all of them whether the mount is available. */
  tell(carried: boolean): void {
    for (const tell of [...this.#waiting]) tell(carried)
  }
}
