import { Pending } from '../framer.ts'
import { FormatError, formatLimits } from '../limits.ts'
import { PageSums } from './crc.ts'
import { checksumIn, nextCapture, type Page, pageLength, readPage } from './page.ts'

/** bytes examined together: a running checksum is kept for each held byte, which takes four times its memory */
const stretchBytes = 4096

/** Splits bytes into Ogg pages; everything else is skipped. Holds less than one page between two pushes. */
export class PageReader {
  #pending = new Pending()
  #sums = new PageSums()
  /** bytes that must be held before another page or capture can be recognized */
  #wanted = 0
  /** bytes skipped since the last page */
  #skipped = 0
  #onPage: (page: Page) => void

  constructor(onPage: (page: Page) => void) {
    this.#onPage = onPage
  }

  /** the part of a page received so far; a view, valid until the next push */
  get held(): Uint8Array {
    return this.#pending.bytes
  }

  /** @throws FormatError if no page is found for too long */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += stretchBytes) this.#read(bytes.subarray(at, at + stretchBytes))
  }

  #read(bytes: Uint8Array): void {
    this.#pending.append(bytes)
    this.#sums.append(bytes)
    if (this.#pending.length < this.#wanted) return
    const held = this.#pending.bytes
    let at = 0
    for (;;) {
      const start = nextCapture(held, at)
      this.#skip(start - at)
      at = start
      const length = pageLength(held, at)
      this.#wanted = at < held.length ? length : 0
      if (at + length > held.length) break
      const page = this.#pageAt(held, at, at + length)
      if (page) {
        this.#skipped = 0
        this.#onPage(page)
      } else this.#skip(1)
      at += page ? length : 1 // a false page start may contain a real one
    }
    this.#pending.drop(at)
    this.#sums.drop(at)
  }

  #pageAt(held: Uint8Array, from: number, to: number): Page | undefined {
    return this.#sums.of(held, from, to) === checksumIn(held, from)
      ? readPage(held.slice(from, to))
      : undefined
  }

  #skip(count: number): void {
    this.#skipped += count
    if (this.#skipped > formatLimits.noiseBytesMax)
      throw new FormatError(`${formatLimits.noiseBytesMax} bytes in a row that are not Ogg pages`)
  }
}
