/** Bytes that arrive in pieces, copied into one buffer: a piece that is kept as a view keeps its whole underlying buffer. */
export class Gathered {
  #buffer = new Uint8Array(0)
  #size = 0
  #bytesMax: number

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get size(): number {
    return this.#size
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
