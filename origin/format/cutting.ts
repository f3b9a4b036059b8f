import { joined } from '../../shared/joined.ts'
import type { Cut, HeaderSet, StreamFacts } from './framer.ts'

/** The next cut of a container, as it grows: whole pieces, and the frames and headers that begin between them. */
export class Cutting {
  #pieces: Uint8Array[] = []
  #frames: number[] = []
  #headers: HeaderSet[] = []
  /** bytes so far */
  length = 0

  get pieces(): readonly Uint8Array[] {
    return this.#pieces
  }

  add(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.length += piece.length
  }

  /** A frame begins behind what there is. */
  markFrame(): void {
    this.#frames.push(this.length)
  }

  /** A header holds from behind what there is on. */
  markHeader(bytes: Uint8Array, title: string | undefined, facts?: StreamFacts): void {
    this.#headers.push({ at: this.length, bytes, title, ...(facts && { facts }) })
  }

  /** What there is; begins anew. */
  take(): Cut {
    const cut = { bytes: joined(this.#pieces), frames: this.#frames, headers: this.#headers }
    this.#pieces = []
    this.#frames = []
    this.#headers = []
    this.length = 0
    return cut
  }
}
