/** Bytes that come in pieces, copied into one buffer: a piece that is kept as it came keeps all that it came with. */
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

  /** All so far; good until more is added. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#size)
  }

  /** Takes a piece as far as there is room, and says how many bytes that are. */
  add(piece: Uint8Array): number {
    const taken = Math.min(piece.length, this.#bytesMax - this.#size)
    this.#makeRoom(this.#size + taken)
    this.#buffer.set(taken === piece.length ? piece : piece.subarray(0, taken), this.#size)
    this.#size += taken
    return taken
  }

  /** By doubling, so that n pieces cost n copies and not n². */
  #makeRoom(size: number): void {
    if (size <= this.#buffer.length) return
    const grown = new Uint8Array(Math.min(this.#bytesMax, Math.max(size, 2 * this.#buffer.length, 256)))
    grown.set(this.bytes)
    this.#buffer = grown
  }
}
