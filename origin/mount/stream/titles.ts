import { type EncodeText, encoderFor } from '../../icy/charset.ts'
import { encodeMetadata, type IcyMetadata } from '../../icy/metadata.ts'
import { ByOffset } from './by-offset.ts'

interface Entry {
  metadata: IcyMetadata
  block: Uint8Array
}

const entryOf = (metadata: IcyMetadata, encode?: EncodeText): Entry => ({
  metadata,
  block: encodeMetadata(metadata, encode),
})

/** The titles of a mount by the offset in its audio from which each is valid; each is encoded once. */
export class Titles {
  #charset: () => string | undefined
  #entries = new ByOffset(entryOf({ title: '', url: undefined }))

  /** @param charset current charset of titles for listeners; undefined: UTF-8 */
  constructor(charset: () => string | undefined) {
    this.#charset = charset
  }

  get current(): IcyMetadata {
    return this.#entries.newest.metadata
  }

  /** the encoded block of the current title */
  get currentBlock(): Uint8Array {
    return this.#entries.newest.block
  }

  /** Sets the title from this offset on; the same title again changes nothing. */
  set(from: number, metadata: IcyMetadata): boolean {
    const { title, url } = this.current
    if (title === metadata.title && url === metadata.url) return false
    this.#entries.set(from, entryOf(metadata, encoderFor(this.#charset())))
    return true
  }

  /** The encoded block of the title at this offset. */
  blockAt(offset: number): Uint8Array {
    return this.#entries.at(offset).block
  }

  /** Removes titles that were valid only before this offset. */
  prune(offset: number): void {
    this.#entries.prune(offset)
  }
}
