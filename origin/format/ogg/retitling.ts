import { joined } from '../../../shared/bytes.ts'
import type { Comments } from '../framer.ts'
import { printComments, vorbisCommentMagic } from './comments.ts'
import { opusSamples } from './opus.ts'

/** How a codec's stream goes on as another link of it, whose header has other comments. */
export interface Retitling {
  /**
   * The packets of the new header.
   * @param old those of the header as the source sent it
   * @param primed samples of the packets that come again
   */
  header(old: readonly Uint8Array[], comments: Comments, primed: number): Uint8Array[]
  /**
   * Which of the old link's last packets come again at the beginning of the new one, so that a decoder that begins anew
   * there has all that it needs, and the samples of them that it is told to leave out.
   */
  primer(last: readonly Uint8Array[]): { packets: readonly Uint8Array[]; samples: number }
}

const noSetup = new Uint8Array()
const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))

/** A decoder needs two packets for the first sound (Vorbis I §4.3.8): the last one comes again, and yields none itself. */
export const vorbisRetitling: Retitling = {
  header([first = noSetup, old = noSetup, setup = noSetup], comments) {
    const magic = latin1(vorbisCommentMagic)
    const framing = Uint8Array.of(1)
    return [first, joined([magic, printComments(old.subarray(magic.length), comments), framing]), setup]
  },
  primer: (last) => ({ packets: last.slice(-1), samples: 0 }),
}

/** samples of 48 kHz in which a decoder that begins anew comes to what it would have had (RFC 7845 §4.2) */
const convergence = 3840

/** What a decoder needs to converge comes again, and the new header says that so much is not to be heard. */
export const opusRetitling: Retitling = {
  header([first = noSetup, old = noSetup], comments, primed) {
    const head = first.slice()
    if (head.length >= 12) new DataView(head.buffer).setUint16(10, primed, true)
    const magic = latin1('OpusTags')
    return [head, joined([magic, printComments(old.subarray(magic.length), comments)])]
  },
  primer(last) {
    let samples = 0
    let from = last.length
    while (from > 0 && samples < convergence) samples += opusSamples(last[--from] ?? noSetup)
    return { packets: last.slice(from), samples }
  },
}

/** where the mapping of FLAC to Ogg counts the header packets that follow, and STREAMINFO has its total and checksum */
const flacAt = { count: 7, total: 31, end: 51 } as const
const flacComments = 4
const flacPicture = 6

/** Each frame stands alone (RFC 9639 §9). What the header says of the whole, its length and its places, does not hold for a part. */
export const flacRetitling: Retitling = {
  header([first = noSetup, old = noSetup, ...others], comments) {
    const pictures = others.filter(([type = 0]) => (type & 0x7f) === flacPicture)
    const block = printComments(old.subarray(4), comments)
    const head = Uint8Array.of(
      flacComments,
      block.length >> 16,
      (block.length >> 8) & 255,
      block.length & 255,
    )
    const blocks = [joined([head, block]), ...pictures.map((picture) => picture.slice())]
    // the highest bit of a block's type says that it is the last
    for (const [i, each] of blocks.entries())
      each[0] = ((each[0] ?? 0) & 0x7f) | (i === blocks.length - 1 ? 0x80 : 0)
    const info = first.slice()
    info.set([blocks.length >> 8, blocks.length & 255], flacAt.count)
    if (info.length >= flacAt.end) {
      info[flacAt.total - 1] = (info[flacAt.total - 1] ?? 0) & 0xf0
      info.fill(0, flacAt.total, flacAt.end)
    }
    return [info, ...blocks]
  },
  primer: () => ({ packets: [], samples: 0 }),
}
