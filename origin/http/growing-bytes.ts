/** initial size if the length is not announced */
const firstRoom = 256

/**
 * Joins bytes that arrive in parts, up to a bound. They are copied: a view of a small part may retain a large buffer, and a
 * sender of single bytes would create as many views, or as many strings.
 */
export class GrowingBytes {
  #room: Uint8Array<ArrayBuffer>
  #size = 0
  #max: number

  /** @param expected announced number of bytes; 0: unknown */
  constructor(max: number, expected: number) {
    this.#max = max
    this.#room = new Uint8Array(Math.min(max, expected || firstRoom))
  }

  /** size of its buffer */
  get room(): number {
    return this.#room.length
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#room.subarray(0, this.#size)
  }

  get isFull(): boolean {
    return this.#size === this.#max
  }

  /** Adds bytes; those beyond the bound are left out. */
  push(part: Uint8Array): void {
    const own = part.subarray(0, this.#max - this.#size)
    const needed = this.#size + own.length
    if (needed > this.#room.length) {
      const larger = new Uint8Array(Math.min(this.#max, Math.max(needed, 2 * this.#room.length)))
      larger.set(this.bytes)
      this.#room = larger
    }
    this.#room.set(own, this.#size)
    this.#size = needed
  }
}
