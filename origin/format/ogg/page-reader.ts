import { Pending } from '../framer.ts'
import { nextCapture, type Page, pageLength, readPage } from './page.ts'

/** Cuts a stream of bytes into Ogg pages; what is no page is left out. Holds less than one page between two pushes. */
export class PageReader {
  /** bytes left out so far */
  skipped = 0
  #pending = new Pending()
  #onPage: (page: Page) => void

  constructor(onPage: (page: Page) => void) {
    this.#onPage = onPage
  }

  /** the part of a page that has come; a view, good until the next push */
  get held(): Uint8Array {
    return this.#pending.bytes
  }

  push(bytes: Uint8Array): void {
    this.#pending.append(bytes)
    const held = this.#pending.bytes
    let at = 0
    for (;;) {
      const start = nextCapture(held, at)
      this.skipped += start - at
      at = start
      const length = pageLength(held, at)
      if (length === undefined || at + length > held.length) break
      const page = readPage(held.slice(at, at + length))
      if (page) this.#onPage(page)
      else this.skipped++
      at += page ? length : 1 // a page may begin within what looked like one
    }
    this.#pending.drop(at)
  }
}
