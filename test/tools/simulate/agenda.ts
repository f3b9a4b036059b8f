interface Entry {
  due: number
  /** breaks ties: of two events at the same time, the one added first comes first */
  order: number
  act: () => void
}

/** The events still to come, the earliest first: a binary heap. */
export class Agenda {
  #heap: Entry[] = []
  #order = 0

  /** When the next event is due, in the unit of whoever fills it; infinite if there is none. */
  get nextDue(): number {
    return this.#heap[0]?.due ?? Number.POSITIVE_INFINITY
  }

  add(due: number, act: () => void): void {
    const entry = { due, order: this.#order++, act }
    let at = this.#heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = this.#heap[parent]
      if (above === undefined || before(above, entry)) break
      this.#heap[at] = above
      at = parent
    }
    this.#heap[at] = entry
  }

  /** Removes the earliest event and runs it. */
  runNext(): void {
    const first = this.#heap[0]
    const last = this.#heap.pop()
    if (!first || !last) return
    if (first !== last) this.#sink(last)
    first.act()
  }

  #sink(entry: Entry): void {
    let at = 0
    for (;;) {
      const left = this.#heap[2 * at + 1]
      const right = this.#heap[2 * at + 2]
      const child = right && left && before(right, left) ? right : left
      if (!child || before(entry, child)) break
      this.#heap[at] = child
      at = 2 * at + (child === left ? 1 : 2)
    }
    this.#heap[at] = entry
  }
}

const before = (a: Entry, b: Entry) => a.due < b.due || (a.due === b.due && a.order < b.order)
