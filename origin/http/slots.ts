/** A bounded number of things under way at once. */
export class Slots {
  #max: number
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  get taken(): number {
    return this.#taken
  }

  /** False where none is free; else the caller has to {@link release} it once. */
  take(): boolean {
    if (this.#taken >= this.#max) return false
    this.#taken++
    return true
  }

  release(): void {
    this.#taken--
  }
}
