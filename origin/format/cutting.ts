import { type Cut, type HeaderSet, Pending, type StreamFacts } from './framer.ts'

/** Builds the next cut of a container: complete parts, and the frames and headers that begin between them. */
export class Cutting {
  #bytes = new Pending()
  #frames: number[] = []
  #headers: HeaderSet[] = []

  /** bytes so far */
  get length(): number {
    return this.#bytes.length
  }

  /** a view of the bytes so far, valid until the next call */
  get bytes(): Uint8Array {
    return this.#bytes.bytes
  }

  add(piece: Uint8Array): void {
    this.#bytes.append(piece)
  }

  /** A frame begins at the current end. */
  markFrame(): void {
    this.#frames.push(this.length)
  }

  /** A header is valid from the current end on. */
  markHeader(bytes: Uint8Array, title: string | undefined, facts?: StreamFacts): void {
    this.#headers.push({ at: this.length, bytes, title, ...(facts && { facts }) })
  }

  /** Takes what there is and starts again. */
  take(): Cut {
    const cut = { bytes: this.#bytes.shift(this.length), frames: this.#frames, headers: this.#headers }
    this.#frames = []
    this.#headers = []
    return cut
  }
}
