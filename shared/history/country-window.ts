import { historyLimits } from './limits.ts'

type Counts = Map<string, Map<string, number>>

/** Redirects by mount and country within the last half to whole hour: two windows, of which the older is dropped in turn. */
export class CountryWindow {
  #now: Counts = new Map()
  #before: Counts = new Map()
  #window = 0
  #size = 0

  add(mount: string, country: string, n: number, nowMs: number): void {
    this.#turn(nowMs)
    const counts = this.#now.get(mount) ?? new Map<string, number>()
    const count = counts.get(country)
    if (count === undefined && this.#size >= historyLimits.countriesMax) return
    if (count === undefined) this.#size++
    counts.set(country, (count ?? 0) + n)
    this.#now.set(mount, counts)
  }

  /** By mount, then by country. */
  all(nowMs: number): Record<string, Record<string, number>> {
    this.#turn(nowMs)
    const sums: Record<string, Record<string, number>> = {}
    for (const window of [this.#before, this.#now])
      for (const [mount, counts] of window)
        for (const [country, n] of counts) {
          const of = sums[mount] ?? {}
          of[country] = (of[country] ?? 0) + n
          sums[mount] = of
        }
    return sums
  }

  #turn(nowMs: number): void {
    const window = Math.floor(nowMs / historyLimits.countriesMs)
    if (window === this.#window) return
    this.#before = window === this.#window + 1 ? this.#now : new Map()
    this.#now = new Map()
    this.#size = 0
    this.#window = window
  }
}
