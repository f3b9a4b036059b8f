import type { SeriesRow } from './rows.ts'
import { added, type Numbers } from './series.ts'

/** The numbers of one step. */
export interface Step {
  /** s since 1970 */
  at: number
  /** s of it that were recorded */
  span: number
  numbers: Numbers
}

/** Adds up rows into steps. Rows of one bucket may come in parts, in any order. */
export class Resampler {
  #steps = new Map<number, Step>()
  #unit: number
  #step: number

  /** @param unit s of a row's bucket. @param step s, a multiple of it */
  constructor(unit: number, step: number) {
    this.#unit = unit
    this.#step = step
  }

  add(rows: readonly SeriesRow[]): void {
    for (const { bucket, span, numbers } of rows) {
      const at = Math.floor((bucket * this.#unit) / this.#step) * this.#step
      const before = this.#steps.get(at)
      this.#steps.set(at, {
        at,
        span: span + (before?.span ?? 0),
        numbers: before ? added(before.numbers, numbers) : numbers,
      })
    }
  }

  /** The steps, oldest first. */
  get steps(): Step[] {
    return [...this.#steps.values()].sort((a, b) => a.at - b.at)
  }
}
