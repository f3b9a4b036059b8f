/** What has a number that tells it from all others. */
interface Numbered {
  readonly number: number
}

/** slots for each place at least: as many are empty as are taken */
const slotsEach = 2

/**
 * Finds the place of something in an array by its number: a table with open addressing, whose slots hold places alone. Numbers that follow
 * each other, as those of servers do, have slots that follow each other.
 */
export class PlaceIndex {
  /** a place and one; 0 where a slot is empty */
  #slots = new Int32Array(0)
  #size = 0

  /** The index of an array as it is. */
  static of(all: readonly Numbered[]): PlaceIndex {
    const index = new PlaceIndex()
    index.#fill(all, all.length)
    return index
  }

  /** -1 if it is not there. @param all the array */
  find<T extends Numbered>(wanted: T, all: readonly T[]): number {
    const slot = this.#slotOf(wanted, all)
    return slot < 0 ? -1 : (this.#slots[slot] ?? 0) - 1
  }

  /** @param added what is at a place of `all` since now */
  add(added: Numbered, place: number, all: readonly Numbered[]): void {
    if ((this.#size + 1) * slotsEach > this.#slots.length) this.#fill(all, place)
    this.#put(added, place)
  }

  /** What was found before has another place from now on. @param all the array as it was before */
  move<T extends Numbered>(moved: T, place: number, all: readonly T[]): void {
    const slot = this.#slotOf(moved, all)
    if (slot >= 0) this.#slots[slot] = place + 1
  }

  /** @param all the array as it was before */
  remove<T extends Numbered>(removed: T, all: readonly T[]): void {
    let hole = this.#slotOf(removed, all)
    if (hole < 0) return
    const end = this.#slots.length - 1
    this.#size--
    // whatever a search would not reach beyond the hole comes into it
    for (let slot = (hole + 1) & end; this.#slots[slot] !== 0; slot = (slot + 1) & end) {
      const home = this.#homeOf(all[(this.#slots[slot] ?? 0) - 1])
      if (((slot - home) & end) < ((slot - hole) & end)) continue
      this.#slots[hole] = this.#slots[slot] ?? 0
      hole = slot
    }
    this.#slots[hole] = 0
  }

  /** Makes a table with room for twice as many as the first `count` of an array, and puts these in. */
  #fill(all: readonly Numbered[], count: number): void {
    let slots = slotsEach * slotsEach
    while (slots < count * slotsEach * slotsEach) slots *= 2
    this.#slots = new Int32Array(slots)
    this.#size = 0
    for (let place = 0; place < count; place++) this.#put(all[place], place)
  }

  #put(added: Numbered | undefined, place: number): void {
    const end = this.#slots.length - 1
    let slot = this.#homeOf(added)
    while (this.#slots[slot] !== 0) slot = (slot + 1) & end
    this.#slots[slot] = place + 1
    this.#size++
  }

  /** -1 if it is not there */
  #slotOf<T extends Numbered>(wanted: T, all: readonly T[]): number {
    const end = this.#slots.length - 1
    for (let slot = this.#homeOf(wanted); ; slot = (slot + 1) & end) {
      const place = this.#slots[slot] ?? 0
      if (place === 0) return -1
      if (all[place - 1] === wanted) return slot
    }
  }

  #homeOf(each: Numbered | undefined): number {
    return (each?.number ?? 0) & (this.#slots.length - 1)
  }
}
