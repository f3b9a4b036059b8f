import { joined } from '../../../shared/joined.ts'
import type { Comments } from '../framer.ts'
import { printVorbisComments } from './comments.ts'
import { granuleOf, type Page, packetsBegun, packetsOf } from './page.ts'
import {
  beginning,
  moved,
  type PagePlace,
  printEnd,
  printGranule,
  printPages,
  unfinished,
} from './print-page.ts'

/** What goes out between two links of a stream whose title changes. */
export interface Seam {
  /** ends the link before */
  end: Uint8Array
  /** of the link that begins */
  header: Uint8Array
  /** a page of data, empty where none is needed */
  primer: Uint8Array
}

/**
 * Gives a Vorbis stream new comments on its way: they stand in its header alone, so its link is ended and another one
 * begun, of a new serial number, with which the pages that follow are numbered and timed anew.
 *
 * A decoder needs two packets for the first sound (Vorbis I §4.3.8), so the new link begins with the last packet of
 * the old one once more: not a sample is lost at the seam.
 */
export class Relinker {
  #last: { page: Page; place: PagePlace } | undefined
  /** the link of ours that goes on; undefined while pages go out as they came */
  #own: { serial: number; sequence: number; beginsAt: bigint } | undefined

  /** A page as listeners get it. */
  pass(page: Page): Uint8Array {
    const place = this.#own ? placeIn(this.#own, page) : placeOf(page)
    this.#last = { page, place }
    if (!this.#own) return page.bytes
    this.#own.sequence++
    return moved(page.bytes, place)
  }

  /** The source itself began another link: its pages go out as they come. */
  reset(): void {
    this.#own = undefined
    this.#last = undefined
  }

  /** Ends the link behind the last page; undefined where none has come. @param header pages of the link, as they came */
  relink(header: readonly Page[], comments: Comments): Seam | undefined {
    const [first] = header
    const [, old, setup] = packetsOf(header)
    if (!this.#last || !first || !old || !setup) return undefined
    const { page, place } = this.#last
    const serial = (place.serial + 1) >>> 0
    const bos = moved(first.bytes, { serial, sequence: 0, granule: beginning })
    const packets = [printVorbisComments(old, comments), setup]
    const pages = printPages(packets, { serial, sequence: 1, granule: beginning })
    const primers = printPages(lastWhole(page), { serial, sequence: 1 + pages.length, granule: beginning })
    this.#own = { serial, sequence: 1 + pages.length + primers.length, beginsAt: granuleOf(page) }
    return {
      end: printEnd({ ...place, sequence: place.sequence + 1 }),
      header: joined([bos, ...pages]),
      primer: joined(primers),
    }
  }
}

/** Time begins anew with each link: ffmpeg takes anything else for a jump. */
function placeIn(own: { serial: number; sequence: number; beginsAt: bigint }, page: Page): PagePlace {
  const granule = granuleOf(page)
  const { serial, sequence, beginsAt } = own
  return { serial, sequence, granule: granule < 0n ? unfinished : printGranule(granule - beginsAt) }
}

const placeOf = (page: Page): PagePlace => ({
  serial: page.serial,
  sequence: page.sequence,
  granule: page.bytes.slice(6, 14),
})

/** The packet that ends a page, where all of it lies there. */
function lastWhole(page: Page): Uint8Array[] {
  return page.lacing.at(-1) === 255 ? [] : packetsBegun(page).slice(-1)
}
