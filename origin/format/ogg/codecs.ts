import type { AudioFacts } from '../framer.ts'
import { flacFacts, opusFacts, speexFacts, vorbisFacts } from './audio-facts.ts'
import { vorbisCommentMagic } from './comments.ts'
import { flacRetitling, opusRetitling, type Retitling, vorbisRetitling } from './retitling.ts'

/** What a listener needs to begin in a stream of this codec. */
export interface Codec {
  /** for the stats; left out if it is not a codec (skeleton) */
  name?: string
  audio?: AudioFacts
  /** packets before the first data packet; undefined if only granule positions tell */
  headerPackets: number | undefined
  /** how the second packet begins if it holds comments, and the offset of the comments in it */
  comments?: { magic: string; at: number }
  /** how to begin another link with other comments; left out if not supported */
  retitling?: Retitling
  /** Whether a data packet can be decoded without earlier ones; left out if a listener can begin at every page. */
  isKeyframe?: (packet: Uint8Array) => boolean
}

interface Row {
  /** start of a stream's first packet, in latin1 */
  magic: string
  codec: (first: Uint8Array) => Codec
}

const rows: readonly Row[] = [
  // Vorbis I §4.2.1
  {
    magic: '\x01vorbis',
    codec: (first) => ({
      name: 'Vorbis',
      audio: vorbisFacts(first),
      headerPackets: 3,
      comments: { magic: vorbisCommentMagic, at: 7 },
      retitling: vorbisRetitling,
    }),
  },
  // RFC 7845 §5
  {
    magic: 'OpusHead',
    codec: (first) => ({
      name: 'Opus',
      audio: opusFacts(first),
      headerPackets: 2,
      comments: { magic: 'OpusTags', at: 8 },
      retitling: opusRetitling,
    }),
  },
  // FLAC-to-Ogg mapping: the first packet counts the further header packets, 0 for unknown; comments are block type 4
  {
    magic: '\x7fFLAC',
    codec: (first) => {
      const further = ((first[7] ?? 0) << 8) | (first[8] ?? 0)
      return {
        name: 'FLAC',
        audio: flacFacts(first),
        headerPackets: further === 0 ? undefined : 1 + further,
        comments: { magic: '', at: 4 },
        retitling: flacRetitling,
      }
    },
  },
  // the Speex manual §6.2: extra headers are counted at offset 68
  {
    magic: 'Speex   ',
    codec: (first) => ({
      name: 'Speex',
      audio: speexFacts(first),
      headerPackets: 2 + (first[68] ?? 0),
      comments: { magic: '', at: 0 },
    }),
  },
  // Theora §6.1, §7.1: bit 7 of a packet is 0 for data, bit 6 is 0 for a key frame
  {
    magic: '\x80theora',
    codec: () => ({
      name: 'Theora',
      headerPackets: 3,
      comments: { magic: '\x81theora', at: 7 },
      isKeyframe: ([byte]) => byte !== undefined && (byte & 0xc0) === 0,
    }),
  },
  // a skeleton stream only describes the other streams
  { magic: 'fishead\0', codec: () => ({ headerPackets: Number.POSITIVE_INFINITY }) },
]

/**
 * Detects the codec of a logical stream from its first packet; for an unknown codec, granule positions tell where data
 * begins.
 */
export function codecOf(first: Uint8Array): Codec {
  const row = rows.find(({ magic }) => beginsWith(first, magic))
  return row?.codec(first) ?? { headerPackets: undefined }
}

export const beginsWith = (bytes: Uint8Array, magic: string): boolean =>
  [...magic].every((char, i) => bytes[i] === char.charCodeAt(0))
