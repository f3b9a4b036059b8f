import { joined } from '../../../shared/bytes.ts'
import type { Comments } from '../framer.ts'
import { granuleOf, type Page, packetsBegun, packetsOf } from './page.ts'
import {
  beginning,
  moved,
  type PagePosition,
  printEnd,
  printFirst,
  printGranule,
  printPages,
  unfinished,
} from './print-page.ts'
import type { Retitling } from './retitling.ts'

/** pages whose packets may be sent again; one page usually holds more than a decoder needs */
const pagesKept = 4

/** Bytes sent between two links of a stream whose title changes. */
export interface Seam {
  /** ends the previous link */
  end: Uint8Array
  /** header of the new link */
  header: Uint8Array
  /** pages of data; empty if none are needed */
  primer: Uint8Array
}

/** A link created by this server, which the source's pages continue. */
interface OwnLink {
  serial: number
  sequence: number
  /** difference between the source's granule positions and this link's */
  behind: bigint
}

/**
 * Gives a running stream new comments. Comments exist only in a header, so the link is ended and another begun with a
 * new serial number; the pages that follow are renumbered and their times shifted. Packets that a decoder needs to
 * start are repeated, so no sample is lost at the seam.
 */
export class Relinker {
  #last: { page: Page; position: PagePosition } | undefined
  /** the newest pages, including the last one */
  #kept: Page[] = []
  /** the current link created by this server; undefined while pages pass unchanged */
  #own: OwnLink | undefined

  /** Returns a page as listeners get it. */
  pass(page: Page): Uint8Array {
    const position = this.#own ? positionIn(this.#own, page) : positionOf(page)
    this.#last = { page, position }
    this.#kept.push(page)
    if (this.#kept.length > pagesKept) this.#kept.shift()
    if (!this.#own) return page.bytes
    this.#own.sequence++
    return moved(page.bytes, position)
  }

  /** The source itself began another link: pages pass unchanged again. */
  reset(): void {
    this.#own = undefined
    this.#last = undefined
    this.#kept = []
  }

  /**
   * Ends the link after the last page; undefined if there is no page yet.
   * @param header pages of the link, as received
   */
  relink(header: readonly Page[], comments: Comments, retitling: Retitling): Seam | undefined {
    if (!this.#last) return undefined
    const { page, position } = this.#last
    const serial = (position.serial + 1) >>> 0
    const { packets, samples } = retitling.primer(lastWhole(this.#kept))
    const [first, ...others] = retitling.header(packetsOf(header), comments, samples)
    if (!first) return undefined
    const pages = printPages(others, { serial, sequence: 1, granule: beginning })
    const granule = printGranule(BigInt(samples))
    const primers = printPages(packets, { serial, sequence: 1 + pages.length, granule })
    const sequence = 1 + pages.length + primers.length
    this.#own = { serial, sequence, behind: granuleOf(page) - BigInt(samples) }
    return {
      end: printEnd({ ...position, sequence: position.sequence + 1 }),
      header: joined([printFirst(first, serial), ...pages]),
      primer: joined(primers),
    }
  }
}

/** Time starts at zero in each link: ffmpeg treats anything else as a jump. */
function positionIn({ serial, sequence, behind }: OwnLink, page: Page): PagePosition {
  const granule = granuleOf(page)
  return { serial, sequence, granule: granule < 0n ? unfinished : printGranule(granule - behind) }
}

const positionOf = (page: Page): PagePosition => ({
  serial: page.serial,
  sequence: page.sequence,
  granule: page.bytes.slice(6, 14),
})

/** The complete packets at the end of these pages, without a gap, as far as each lies on one page. */
function lastWhole(pages: readonly Page[]): Uint8Array[] {
  let packets: Uint8Array[] = []
  for (const page of pages) {
    const isCut = page.lacing.at(-1) === 255
    if (page.isContinued) packets = []
    packets.push(...packetsBegun(page))
    if (isCut) packets = []
  }
  return packets
}
