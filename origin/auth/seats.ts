/** The connection that has a seat. */
export interface Sitter {
  /** whether the client has closed its side: players close one connection and open the next at once */
  isGone(): boolean
  close(): void
}

/** Allows one connection at a time for each name. */
export class Seats {
  #sitters = new Map<string, Sitter>()

  /** False if another connection has the seat. One whose client has left is closed, and loses the seat. */
  take(name: string, sitter: Sitter): boolean {
    const other = this.#sitters.get(name)
    if (other && !other.isGone()) return false
    this.#sitters.set(name, sitter)
    other?.close()
    return true
  }

  /** Frees the seat, unless another connection has it by now. */
  leave(name: string, sitter: Sitter): void {
    if (this.#sitters.get(name) === sitter) this.#sitters.delete(name)
  }
}
