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

/** A bounded number of things under way at once, and of these a bounded number for one address. */
export class AddressSlots {
  #all: Slots
  #perAddressMax: number
  #ofAddress = new Map<string, number>()

  constructor(max: number, perAddressMax: number) {
    this.#all = new Slots(max)
    this.#perAddressMax = perAddressMax
  }

  /** False where none is free for this address; else the caller has to {@link release} it once. */
  take(address: string): boolean {
    const taken = this.#ofAddress.get(address) ?? 0
    if (taken >= this.#perAddressMax || !this.#all.take()) return false
    this.#ofAddress.set(address, taken + 1)
    return true
  }

  release(address: string): void {
    this.#all.release()
    const left = (this.#ofAddress.get(address) ?? 0) - 1
    if (left > 0) this.#ofAddress.set(address, left)
    else this.#ofAddress.delete(address)
  }
}
