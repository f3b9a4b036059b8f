import { joined } from '../../../shared/bytes.ts'
import type { Comments } from '../framer.ts'
import { printComments, vorbisCommentMagic } from './comments.ts'
import { opusSamples } from './opus.ts'

/** How to continue a codec's stream as a new link with other comments. */
export interface Retitling {
  /**
   * Builds the packets of the new header.
   * @param old header packets as the source sent them
   * @param primed samples in the repeated packets
   */
  header(old: readonly Uint8Array[], comments: Comments, primed: number): Uint8Array[]
  /**
   * Selects the last packets of the old link to repeat at the beginning of the new one, so that a decoder can start
   * there, and counts their samples, which the decoder is told to skip.
   */
  primer(last: readonly Uint8Array[]): { packets: readonly Uint8Array[]; samples: number }
}

const noSetup = new Uint8Array()
const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))

/**
 * A decoder needs two packets for its first sound (Vorbis I §4.3.8): the last one is repeated and yields no sound
 * itself.
 */
export const vorbisRetitling: Retitling = {
  header([first = noSetup, old = noSetup, setup = noSetup], comments) {
    const magic = latin1(vorbisCommentMagic)
    const framing = Uint8Array.of(1)
    return [first, joined([magic, printComments(old.subarray(magic.length), comments), framing]), setup]
  },
  primer: (last) => ({ packets: last.slice(-1), samples: 0 }),
}

/** samples at 48 kHz after which a restarted decoder has converged (RFC 7845 §4.2) */
const convergence = 3840

/** Repeats the packets that a decoder needs to converge, and the new header's pre-skip tells it not to play them. */
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

/** offsets in the FLAC-to-Ogg header: count of further header packets, and STREAMINFO's total samples and checksum */
const flacAt = { count: 7, total: 31, end: 51 } as const
const flacComments = 4
const flacPicture = 6

/**
 * Each frame can be decoded alone (RFC 9639 §9). Header data about the whole file (length, seek table) is not valid for
 * a part.
 */
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
    // the highest bit of a block's type marks the last block
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
