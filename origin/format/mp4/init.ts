import { joined } from '../../../shared/bytes.ts'
import { box, fullBox, latin1, u8, u16, u32 } from './box.ts'
import { trackId } from './fragment.ts'

/** What an initialization segment says about its only track. */
export interface Mp4Track {
  /** type of the sample entry */
  codec: 'Opus' | 'fLaC'
  channels: number
  /** Hz; a second has as many units of time */
  samplerate: number
  bitsPerSample: number
  /** the box with the codec's own header, `dOps` or `dfLa` */
  setup: Uint8Array
}

/** highest rate that a sample entry can hold: a true rate above it stands in the codec's own header */
const entryRateMax = 65_535
const zeros = (count: number) => new Uint8Array(count)
/** the identity matrix (ISO/IEC 14496-12 §8.2.2) */
const matrix = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
/** `und`, three letters of five bits each */
const undetermined = u16(0x55c4)

/** An initialization segment: a movie without samples, which fragments extend (ISO/IEC 14496-12 §8.8). */
export function printInit(track: Mp4Track): Uint8Array {
  const brands = box('ftyp', latin1('iso6'), u32(0), latin1('iso6mp41'))
  const movie = box(
    'moov',
    fullBox(
      'mvhd',
      0,
      0,
      u32(0, 0, track.samplerate, 0),
      u32(0x10000),
      u16(0x100),
      zeros(10),
      matrix,
      zeros(24),
      u32(trackId + 1),
    ),
    printTrack(track),
    box('mvex', fullBox('trex', 0, 0, u32(trackId, 1, 0, 0, 0))),
  )
  return joined([brands, movie])
}

function printTrack(track: Mp4Track): Uint8Array {
  const enabledInMovie = 3
  const media = box(
    'mdia',
    fullBox('mdhd', 0, 0, u32(0, 0, track.samplerate, 0), undetermined, u16(0)),
    fullBox('hdlr', 0, 0, u32(0), latin1('soun'), zeros(12), latin1('audio\0')),
    box(
      'minf',
      fullBox('smhd', 0, 0, u32(0)),
      box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
      box(
        'stbl',
        fullBox('stsd', 0, 0, u32(1), sampleEntry(track)),
        fullBox('stts', 0, 0, u32(0)),
        fullBox('stsc', 0, 0, u32(0)),
        fullBox('stsz', 0, 0, u32(0, 0)),
        fullBox('stco', 0, 0, u32(0)),
      ),
    ),
  )
  const head = fullBox(
    'tkhd',
    0,
    enabledInMovie,
    u32(0, 0, trackId, 0, 0),
    zeros(8),
    u16(0, 0, 0x100, 0),
    matrix,
    u32(0, 0),
  )
  return box('trak', head, media)
}

function sampleEntry({ codec, channels, samplerate, bitsPerSample, setup }: Mp4Track): Uint8Array {
  return box(
    codec,
    zeros(6),
    u16(1),
    zeros(8),
    u16(channels, bitsPerSample, 0, 0),
    u16(entryRate(samplerate), 0),
    setup,
  )
}

/** FLAC in ISOBMFF §3.3.1: a rate that does not fit is halved until it does, 96 kHz to 48 kHz. */
const entryRate = (samplerate: number): number =>
  samplerate > entryRateMax ? entryRate(Math.floor(samplerate / 2)) : samplerate

/** The setup of Opus (Opus in ISOBMFF §4.3.2): what `OpusHead` says, in the other byte order. */
export function printOpusSetup(head: Uint8Array): Uint8Array {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const preSkip = view.getUint16(10, true)
  const inputRate = view.getUint32(12, true)
  const gain = view.getUint16(16, true)
  return box('dOps', u8(0, view.getUint8(9)), u16(preSkip), u32(inputRate), u16(gain), head.subarray(18))
}

/** The setup of FLAC (FLAC in ISOBMFF §3.3.2): metadata blocks, here `STREAMINFO` alone, so it is the last. */
export function printFlacSetup(streamInfo: Uint8Array): Uint8Array {
  return fullBox('dfLa', 0, 0, u32((0x80000000 | streamInfo.length) >>> 0), streamInfo)
}
