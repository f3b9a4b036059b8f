/** ms of one of the slots that a minute is made of */
const slotMs = 5000
const slots = 12

/** Counts by name within the last minute, to a slot. */
export class LastMinute {
  #counts = new Map<string, { sums: Float64Array; slot: number }>()
  #sweptAt = 0

  add(name: string, n: number, nowMs: number): void {
    const count = this.#at(name, Math.floor(nowMs / slotMs))
    count.sums[count.slot % slots] = (count.sums[count.slot % slots] ?? 0) + n
  }

  of(name: string, nowMs: number): number {
    if (!this.#counts.has(name)) return 0
    return this.#at(name, Math.floor(nowMs / slotMs)).sums.reduce((sum, each) => sum + each, 0)
  }

  /** The sums of a name, with the slots emptied that have passed since. If the clock steps back, counting starts again. */
  #at(name: string, slot: number): { sums: Float64Array; slot: number } {
    this.#sweep(slot)
    let count = this.#counts.get(name)
    if (!count) {
      count = { sums: new Float64Array(slots), slot }
      this.#counts.set(name, count)
    }
    const passed = slot - count.slot
    if (passed < 0 || passed >= slots) count.sums.fill(0)
    else for (let i = 1; i <= passed; i++) count.sums[(count.slot + i) % slots] = 0
    count.slot = slot
    return count
  }

  /** Once a minute, names that were not counted for a minute are forgotten. */
  #sweep(slot: number): void {
    if (Math.abs(slot - this.#sweptAt) < slots) return
    this.#sweptAt = slot
    for (const [name, count] of this.#counts)
      if (Math.abs(slot - count.slot) >= slots) this.#counts.delete(name)
  }
}
