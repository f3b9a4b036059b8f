import type { Cut, Framer, HeaderSet } from '../framer.ts'
import { joined } from '../joined.ts'
import { Link } from './link.ts'
import type { Page } from './page.ts'
import { PageReader } from './page-reader.ts'

/**
 * Ogg, whatever is in it: whole pages come out, each link's header in one piece before its first page of data.
 * What is no page, or a page of no stream that has begun, is left out: no decoder could use it.
 */
export class OggFramer implements Framer {
  readonly kbps = 0
  readonly isContainer = true
  #reader = new PageReader((page) => this.#take(page))
  #link: Link | undefined
  #out: Uint8Array[] = []
  #outBytes = 0
  #frames: number[] = []
  #headers: HeaderSet[] = []

  get length(): number {
    return (
      this.#outBytes +
      this.#heldHeader().reduce((sum, part) => sum + part.length, 0) +
      this.#reader.held.length
    )
  }

  peek(): Uint8Array {
    return joined([...this.#out, ...this.#heldHeader(), this.#reader.held])
  }

  push(bytes: Uint8Array): void {
    this.#reader.push(bytes)
  }

  take(): Cut {
    const cut = { bytes: joined(this.#out), frames: this.#frames, headers: this.#headers }
    this.#out = []
    this.#outBytes = 0
    this.#frames = []
    this.#headers = []
    return cut
  }

  /** Half a page, or half a header, is of no use to anyone. */
  takeAll(): Cut {
    return this.take()
  }

  #take(page: Page): void {
    if (this.#link ? this.#link.isLeftBy(page) : page.isBos) this.#link = new Link()
    const link = this.#link
    if (!link) return
    const hadData = link.hasData
    const role = link.add(page)
    if (role === 'stray' || (role === 'header' && !hadData)) return // the header goes out whole
    if (!hadData) this.#putHeader(link)
    if (role === 'entry') this.#frames.push(this.#outBytes)
    this.#put(page.bytes)
  }

  #putHeader(link: Link): void {
    const bytes = joined(link.header.map((page) => page.bytes))
    this.#put(bytes)
    this.#headers.push({ at: this.#outBytes, bytes, title: link.title ?? '' })
  }

  #put(bytes: Uint8Array): void {
    this.#out.push(bytes)
    this.#outBytes += bytes.length
  }

  #heldHeader(): Uint8Array[] {
    return this.#link && !this.#link.hasData ? this.#link.header.map(({ bytes }) => bytes) : []
  }
}
