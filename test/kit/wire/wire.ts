import type { Wire } from '../../../origin/mount/stream/listener.ts'

/** A listener's socket that takes what it is given, or does not: it counts writes and keeps the very memory it got. */
export class FakeWire implements Wire {
  /** one entry a system call: the pieces that left together */
  readonly writes: Uint8Array[][] = []
  ended = false
  destroyed = false
  writableLength = 0
  #takes = true
  #corked: Uint8Array[] | undefined
  #onDrain: (() => void)[] = []

  write(bytes: Uint8Array): boolean {
    if (!this.#takes) this.writableLength += bytes.length
    if (this.#corked) this.#corked.push(bytes)
    else this.writes.push([bytes])
    return this.#takes
  }
  cork(): void {
    this.#corked = []
  }
  uncork(): void {
    if (this.#corked && this.#corked.length > 0) this.writes.push(this.#corked)
    this.#corked = undefined
  }
  once(_event: 'drain', listener: () => void): void {
    this.#onDrain.push(listener)
  }
  end(): void {
    this.ended = true
  }
  destroy(): void {
    this.destroyed = true
  }

  /** From now on nothing is taken: what is written piles up. */
  block(): void {
    this.#takes = false
  }
  /** Takes all that piled up, and what is to come. */
  drain(): void {
    this.#takes = true
    this.writableLength = 0
    for (const call of this.#onDrain.splice(0)) call()
  }
  get bytes(): Buffer {
    return Buffer.concat(this.writes.flat())
  }
}
