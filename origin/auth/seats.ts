/** The connection that holds a seat. */
export interface Sitter {
  /** whether its other side has ended: players close one connection and open the next at once */
  isGone(): boolean
  close(): void
}

/** One connection at once for each name. */
export class Seats {
  #sitters = new Map<string, Sitter>()

  /** False where another holds the seat; one that has gone without our having noticed is closed and gives it up. */
  take(name: string, sitter: Sitter): boolean {
    const other = this.#sitters.get(name)
    if (other && !other.isGone()) return false
    this.#sitters.set(name, sitter)
    other?.close()
    return true
  }

  /** Nothing where another has taken the seat by now. */
  leave(name: string, sitter: Sitter): void {
    if (this.#sitters.get(name) === sitter) this.#sitters.delete(name)
  }
}
