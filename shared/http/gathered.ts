/** Bytes that arrive in pieces, copied into one buffer: a piece that is kept as a view keeps its whole underlying buffer. */
export class Gathered {
  #buffer: Uint8Array<ArrayBuffer>
  #size = 0
  #bytesMax: number

  /** @param announced number of bytes to make room for at once; 0: unknown */
  constructor(bytesMax: number, announced = 0) {
    this.#bytesMax = bytesMax
    this.#buffer = new Uint8Array(Math.min(bytesMax, announced))
  }

  get size(): number {
    return this.#size
  }

  /** size of its buffer */
  get room(): number {
    return this.#buffer.length
  }

  get isFull(): boolean {
    return this.#size === this.#bytesMax
  }

  /** All bytes so far; valid until more are added. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#size)
  }

  /** Adds as much of a piece as fits, and returns how many bytes that is. */
  add(piece: Uint8Array): number {
    const taken = Math.min(piece.length, this.#bytesMax - this.#size)
    this.#makeRoom(this.#size + taken)
    this.#buffer.set(taken === piece.length ? piece : piece.subarray(0, taken), this.#size)
    this.#size += taken
    return taken
  }

  /** Grows by doubling, so that n pieces cost O(n) copied bytes, not O(n²). */
  #makeRoom(size: number): void {
    if (size <= this.#buffer.length) return
    const grown = new Uint8Array(Math.min(this.#bytesMax, Math.max(size, 2 * this.#buffer.length, 256)))
    grown.set(this.bytes)
    this.#buffer = grown
  }
}
