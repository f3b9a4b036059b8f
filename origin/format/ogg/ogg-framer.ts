import { joined } from '../../../shared/bytes.ts'
import { Cutting } from '../cutting.ts'
import type { Comments, Cut, Framer, StreamFacts } from '../framer.ts'
import { FormatError, formatLimits } from '../limits.ts'
import { displayTitle } from './comments.ts'
import { Link } from './link.ts'
import type { Page } from './page.ts'
import { PageReader } from './page-reader.ts'
import { Relinker } from './relinker.ts'

/**
 * Ogg with any codec: complete pages come out, each link's header in one piece before its first page of data. Bytes
 * that are not pages, and pages of streams that never began, are dropped: no decoder could use them.
 */
export class OggFramer implements Framer {
  readonly format = 'ogg'
  readonly sound = undefined
  readonly kbps = 0
  readonly hasFrames = true
  readonly isContainer = true
  #reader = new PageReader((page) => this.#take(page))
  #link: Link | undefined
  #relinker = new Relinker()
  /** comments to put in place of the stream's from its next page on */
  #comments: Comments | undefined
  /** bytes dropped since the last page of a known stream */
  #strayBytes = 0
  #cutting = new Cutting()

  get isFound(): boolean {
    return this.#link !== undefined
  }

  get length(): number {
    return this.#cutting.length + this.#heldHeaderBytes + this.#reader.held.length
  }

  peek(): Uint8Array {
    const header = this.#heldHeaderBytes === 0 ? [] : (this.#link?.header ?? [])
    return joined([this.#cutting.bytes, ...header.map(({ bytes }) => bytes), this.#reader.held])
  }

  push(bytes: Uint8Array): void {
    this.#reader.push(bytes)
  }

  take(): Cut {
    return this.#cutting.take()
  }

  /** Half a page or half a header is of no use, so nothing more is released. */
  takeAll(): Cut {
    return this.take()
  }

  /** Replaces the stream's comments from its next page on; false if only the encoder could do that. */
  retitle(comments: Comments): boolean {
    if (!this.#link?.retitling) return false
    this.#comments = comments
    return true
  }

  #take(page: Page): void {
    if (this.#link ? this.#link.isLeftBy(page) : page.isBos) this.#beginLink()
    const link = this.#link
    const hadData = link?.hasData === true
    const role = link?.add(page) ?? 'stray'
    if (!link || role === 'stray') {
      this.#skip(page)
      return
    }
    this.#strayBytes = 0
    if (role === 'header' && !hadData) return // the header is released when complete
    if (!hadData) this.#putHeader(joined(link.header.map(({ bytes }) => bytes)), link.facts)
    else if (this.#comments && !page.isContinued) this.#relink(link, this.#comments)
    if (role === 'entry') this.#cutting.markFrame()
    this.#put(this.#relinker.pass(page))
  }

  /** Drops a page of a stream whose beginning never came, as from a server that serves Ogg from the middle. */
  #skip({ bytes }: Page): void {
    this.#strayBytes += bytes.length
    if (this.#strayBytes > formatLimits.noiseBytesMax)
      throw new FormatError(`${formatLimits.noiseBytesMax} bytes in a row of Ogg streams that never began`)
  }

  #beginLink(): void {
    this.#link = new Link()
    this.#relinker.reset()
    this.#comments = undefined
  }

  #relink({ header, facts, retitling }: Link, comments: Comments): void {
    this.#comments = undefined
    const seam = retitling && this.#relinker.relink(header, comments, retitling)
    if (!seam) return
    const told = new Map(comments)
    this.#put(seam.end)
    this.#putHeader(seam.header, facts && { ...facts, artist: told.get('ARTIST'), title: told.get('TITLE') })
    if (seam.primer.length === 0) return
    this.#cutting.markFrame()
    this.#put(seam.primer)
  }

  #putHeader(bytes: Uint8Array, facts: StreamFacts | undefined): void {
    this.#put(bytes)
    this.#cutting.markHeader(bytes, facts ? (displayTitle(facts.artist, facts.title) ?? '') : '', facts)
  }

  #put(bytes: Uint8Array): void {
    this.#cutting.add(bytes)
  }

  get #heldHeaderBytes(): number {
    return this.#link && !this.#link.hasData ? this.#link.headerBytes : 0
  }
}
