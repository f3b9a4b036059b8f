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

/** pages whose packets may come again; most hold more than a decoder needs on one */
const pagesKept = 4

/** What goes out between two links of a stream whose title changes. */
export interface Seam {
  /** ends the link before */
  end: Uint8Array
  /** of the link that begins */
  header: Uint8Array
  /** pages of data, empty where none are needed */
  primer: Uint8Array
}

/** A link of ours, in which the source's pages go on. */
interface OwnLink {
  serial: number
  sequence: number
  /** what its time is behind the source's */
  behind: bigint
}

/**
 * Gives a stream new comments on its way: they stand in its header alone, so its link is ended and another one begun, of
 * a new serial number, with which the pages that follow are numbered and timed anew. What a decoder that begins anew there
 * needs comes again: not a sample is lost at the seam.
 */
export class Relinker {
  #last: { page: Page; position: PagePosition } | undefined
  /** the newest pages, the last one among them */
  #kept: Page[] = []
  /** the link of ours that goes on; undefined while pages go out as they came */
  #own: OwnLink | undefined

  /** A page as listeners get it. */
  pass(page: Page): Uint8Array {
    const position = this.#own ? positionIn(this.#own, page) : positionOf(page)
    this.#last = { page, position }
    this.#kept.push(page)
    if (this.#kept.length > pagesKept) this.#kept.shift()
    if (!this.#own) return page.bytes
    this.#own.sequence++
    return moved(page.bytes, position)
  }

  /** The source itself began another link: its pages go out as they come. */
  reset(): void {
    this.#own = undefined
    this.#last = undefined
    this.#kept = []
  }

  /** Ends the link behind the last page; undefined where none has come. @param header pages of the link, as they came */
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

/** Time begins anew with each link: ffmpeg takes anything else for a jump. */
function positionIn({ serial, sequence, behind }: OwnLink, page: Page): PagePosition {
  const granule = granuleOf(page)
  return { serial, sequence, granule: granule < 0n ? unfinished : printGranule(granule - behind) }
}

const positionOf = (page: Page): PagePosition => ({
  serial: page.serial,
  sequence: page.sequence,
  granule: page.bytes.slice(6, 14),
})

/** The packets that end these pages, without a hole, as far as each lies on one page. */
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
