import { encodeMetadata, type IcyMetadata } from '../icy/metadata.ts'

interface Entry {
  /** place in the audio from which on it holds */
  from: number
  metadata: IcyMetadata
  block: Uint8Array
}

const entryOf = (from: number, metadata: IcyMetadata): Entry => ({
  from,
  metadata,
  block: encodeMetadata(metadata),
})

/** The titles of a mount by the place in its audio at which each began; encoded once each. */
export class Titles {
  #entries: [Entry, ...Entry[]] = [entryOf(0, { title: '', url: undefined })]
  #newest = this.#entries[0]

  get current(): IcyMetadata {
    return this.#newest.metadata
  }

  /** A title that holds from this place on; the same one again changes nothing. */
  set(from: number, metadata: IcyMetadata): boolean {
    const { title, url } = this.#newest.metadata
    if (title === metadata.title && url === metadata.url) return false
    this.#newest = entryOf(from, metadata)
    this.#entries.push(this.#newest)
    return true
  }

  /** The encoded block of the title at this place. */
  blockAt(place: number): Uint8Array {
    return (this.#entries.findLast(({ from }) => from <= place) ?? this.#entries[0]).block
  }

  /** Forgets what held only before this place. */
  prune(place: number): void {
    const [first, ...others] = this.#entries
    const keep = others.findLastIndex(({ from }) => from <= place)
    const [next = first, ...rest] = others.slice(Math.max(0, keep))
    if (keep >= 0) this.#entries = [next, ...rest]
  }
}
