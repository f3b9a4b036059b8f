/** bytes that room is first made for where nobody says how many come */
const firstRoom = 256

/**
 * Bytes that come in parts, in one piece and up to a bound. They are copied: a view of a small part may hold on to a large
 * buffer, and what is sent a byte at a time would be as many views, or as many strings.
 */
export class GrowingBytes {
  #room: Uint8Array<ArrayBuffer>
  #size = 0
  #max: number

  /** @param expected how many are announced; 0: not said */
  constructor(max: number, expected: number) {
    this.#max = max
    this.#room = new Uint8Array(Math.min(max, expected || firstRoom))
  }

  /** how many bytes it has room for */
  get room(): number {
    return this.#room.length
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#room.subarray(0, this.#size)
  }

  get isFull(): boolean {
    return this.#size === this.#max
  }

  /** What is beyond the bound is left out. */
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
