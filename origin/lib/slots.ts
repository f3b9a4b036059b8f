import { networkOfPeer } from './network.ts'

/** A bounded number of slots. */
export class Slots {
  #max: number
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  get taken(): number {
    return this.#taken
  }

  /** False if no slot is free; else the caller has to {@link release} it once. */
  take(): boolean {
    if (this.#taken >= this.#max) return false
    this.#taken++
    return true
  }

  release(): void {
    this.#taken--
  }
}

/** Bounds of {@link SharedSlots}. */
export interface Shares {
  all: number
  address: number
  /** {@link networkOfPeer} */
  network: number
}

/** A bounded number of slots, of which one address and one network may have a bounded part. */
export class SharedSlots {
  #all: Slots
  #ofAddress: Counts
  #ofNetwork: Counts

  constructor({ all, address, network }: Shares) {
    this.#all = new Slots(all)
    this.#ofAddress = new Counts(address)
    this.#ofNetwork = new Counts(network)
  }

  /** False if no slot is free for this address; else the caller has to {@link release} it once. */
  take(address: string): boolean {
    const network = networkOfPeer(address)
    if (this.#ofAddress.isFull(address) || this.#ofNetwork.isFull(network) || !this.#all.take()) return false
    this.#ofAddress.add(address)
    this.#ofNetwork.add(network)
    return true
  }

  release(address: string): void {
    this.#all.release()
    this.#ofAddress.remove(address)
    this.#ofNetwork.remove(networkOfPeer(address))
  }
}

/** Slots by holder, for holders that have any. */
class Counts {
  #max: number
  #counts = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  isFull(holder: string): boolean {
    return (this.#counts.get(holder) ?? 0) >= this.#max
  }

  add(holder: string): void {
    this.#counts.set(holder, (this.#counts.get(holder) ?? 0) + 1)
  }

  remove(holder: string): void {
    const left = (this.#counts.get(holder) ?? 0) - 1
    if (left > 0) this.#counts.set(holder, left)
    else this.#counts.delete(holder)
  }
}
