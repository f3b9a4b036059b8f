import type { Timers } from '../../../origin/lib/timers.ts'

/** A clock and timers that move only when a test says so. */
export class ManualTime implements Timers {
  #nowMs = 0
  #waiting: { atMs: number; call: () => void }[] = []

  readonly nowMs = () => this.#nowMs

  after(ms: number, call: () => void): () => void {
    const entry = { atMs: this.#nowMs + ms, call }
    this.#waiting.push(entry)
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry)
    }
  }

  /** timers that run */
  get timers(): number {
    return this.#waiting.length
  }

  soon(call: () => void): () => void {
    return this.after(0, call)
  }

  /** Lets so much time pass; what is due is called in order, and promises between two calls settle. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settled()
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#waiting = this.#waiting.filter((other) => other !== next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.call()
      await settled()
    }
    this.#nowMs = untilMs
  }

  #next(untilMs: number) {
    let next: { atMs: number; call: () => void } | undefined
    for (const entry of this.#waiting)
      if (entry.atMs <= untilMs && (next === undefined || entry.atMs < next.atMs)) next = entry
    return next
  }
}

/** Resolves when the promises that can settle now have. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
