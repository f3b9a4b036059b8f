import type { Server } from '../draw/server.ts'
import { ByteReader } from './byte-io.ts'
import { kinds, readLoads, readStill, type Still, skipLoads } from './packed-server.ts'
import type { News, Version } from './published-servers.ts'

/** What a reader tells of the news that it reads. */
export interface NewsSink {
  put(server: Server): void
  /** only the debit of a server has changed */
  debit(id: string, debit: number, debitKbps: number): void
  remove(id: string): void
}

/** A server as of the last record about it. */
interface Known {
  still: Still
  server: Server | undefined
  /** records of pages before this change are older than what is known */
  change: number
}

/** names of mounts and content types of which one copy is kept for all servers */
const textsMax = 20_000

/**
 * Reads the news of one publisher, page by page. Pages may be read by several requests at once and arrive in any order: one
 * that says nothing newer is ignored.
 */
export class NewsReader {
  #sink: NewsSink
  #version: Version | undefined
  #isComplete = false
  #known = new Map<number, Known>()
  /** while everything is read from the beginning: the ids known before */
  #former = new Set<string>()
  #texts = new Map<string, string>()

  constructor(sink: NewsSink) {
    this.#sink = sink
  }

  /** The version to ask with; undefined: it has nothing. */
  get version(): Version | undefined {
    return this.#version
  }

  /** Whether it has had everything at some time. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /**
   * Reads a page.
   * @param asked as this reader was when it asked for the page
   * @returns false if meanwhile another page has led to another life of the publisher. Nobody can tell which life is the later
   * one, so this page is ignored, and the reader has to ask again
   */
  apply(news: News, asked: Pick<NewsReader, 'version'> = this): boolean {
    const { epoch, after, change, isLast, bytes } = news
    if (this.#version?.epoch !== epoch) {
      if (after > 0 || asked.version?.epoch !== this.#version?.epoch) return false
      this.#begin()
    } else if (after > this.#version.change || change < this.#version.change) return true
    try {
      this.#read(bytes, change)
    } catch (error) {
      this.#version = undefined // it starts again, which may mend what is wrong
      throw error
    }
    this.#version = { epoch, change }
    if (isLast) this.#finish()
    return true
  }

  /**
   * Reads what is known of one server, in addition to the pages; a page that is older does not undo it. Once the pages have come as far,
   * it says nothing newer, and the server may have been removed.
   */
  applyOne({ epoch, change, bytes }: News): void {
    if (this.#version?.epoch === epoch && change > this.#version.change) this.#read(bytes, change)
  }

  /** Servers that are gone are told at the end of a whole reading, not before: listeners are answered meanwhile. */
  #begin(): void {
    for (const { still } of this.#known.values()) this.#former.add(still.said.id)
    this.#known.clear()
  }

  #finish(): void {
    this.#isComplete = true
    if (this.#former.size === 0) return
    for (const { still } of this.#known.values()) this.#former.delete(still.said.id)
    for (const id of this.#former) this.#sink.remove(id)
    this.#former.clear()
  }

  #read(bytes: Uint8Array, change: number): void {
    const reader = new ByteReader(bytes)
    while (!reader.isAtEnd) {
      const kind = reader.number()
      const number = reader.number()
      if (kind === kinds.still) this.#readStill(reader, number, change)
      else if (kind === kinds.loads) this.#readLoads(reader, number, change)
      else if (kind === kinds.debit) this.#readDebit(reader, number, change)
      else if (kind === kinds.removed) this.#remove(number)
      else
        throw new RangeError(`a record of kind ${kind}, expected one of ${Object.values(kinds).join(', ')}`)
    }
  }

  #readStill(reader: ByteReader, number: number, change: number): void {
    const still = readStill(reader, (text) => this.#shared(text))
    const known = this.#known.get(number)
    if (!known) this.#known.set(number, { still, server: undefined, change })
    else if (change >= known.change) Object.assign(known, { still, server: undefined, change })
  }

  #readLoads(reader: ByteReader, number: number, change: number): void {
    const known = this.#known.get(number)
    if (!known) throw new RangeError(`loads of server ${number}, expected what it is first`)
    if (change < known.change) skipLoads(reader)
    else {
      known.server = readLoads(reader, known.still, known.server)
      known.change = change
      this.#sink.put(known.server)
    }
  }

  #readDebit(reader: ByteReader, number: number, change: number): void {
    const debit = reader.number()
    const debitKbps = reader.number()
    const known = this.#known.get(number)
    if (known?.server && change >= known.change) this.#sink.debit(known.still.said.id, debit, debitKbps)
  }

  #remove(number: number): void {
    const known = this.#known.get(number)
    this.#known.delete(number)
    if (known) this.#sink.remove(known.still.said.id)
  }

  /** One copy of a text for all servers that say it. */
  #shared(text: string): string {
    const kept = this.#texts.get(text)
    if (kept !== undefined) return kept
    if (this.#texts.size >= textsMax) this.#texts.clear()
    this.#texts.set(text, text)
    return text
  }
}
