import { joined } from '../../../shared/bytes.ts'
import { box, boxHead, fullBox, latin1, u32, u32s, u64 } from './box.ts'

/** the only track of our files */
export const trackId = 1

/** A fragment without its samples: those follow {@link printFragmentHead}, one after another. */
export interface Mp4Fragment {
  /** of the fragment */
  sequence: number
  /** decode time of the first sample, in units of the track */
  startSample: number
  samples: readonly { bytes: number; duration: number }[]
}

// flags of ISO/IEC 14496-12 §8.8.7 and §8.8.8
const defaultBaseIsMoof = 0x020000
const defaultDuration = 0x08
const defaultFlags = 0x20
const dataOffset = 0x01
const sampleDuration = 0x0100
const sampleSize = 0x0200
/** it depends on no other sample, so a player may begin at each (ISO/IEC 14496-12 §8.8.3.1) */
const syncSample = 0x02000000

/** All of a fragment up to its samples: `moof`, and the head of `mdat`. */
export function printFragmentHead({ sequence, startSample, samples }: Mp4Fragment): Uint8Array {
  const duration = samples[0]?.duration ?? 0
  const isEven = samples.every((each) => each.duration === duration)
  const header = isEven
    ? fullBox(
        'tfhd',
        0,
        defaultBaseIsMoof | defaultDuration | defaultFlags,
        u32(trackId, duration, syncSample),
      )
    : fullBox('tfhd', 0, defaultBaseIsMoof | defaultFlags, u32(trackId, syncSample))
  const time = fullBox('tfdt', 1, 0, u64(startSample))
  const rows = isEven
    ? u32s(samples.map(({ bytes }) => bytes))
    : u32s(samples.flatMap((each) => [each.duration, each.bytes]))
  const flags = dataOffset | sampleSize | (isEven ? 0 : sampleDuration)
  const print = (offset: number) =>
    box(
      'moof',
      fullBox('mfhd', 0, 0, u32(sequence)),
      box('traf', header, time, fullBox('trun', 0, flags, u32(samples.length, offset), rows)),
    )
  const mdat = boxHead(
    'mdat',
    samples.reduce((sum, { bytes }) => sum + bytes, 0),
  )
  // the first sample lies behind this box and the head of mdat
  return joined([print(print(0).length + mdat.length), mdat])
}

/** An event that holds an ID3 tag, as hls.js and Apple's players read it (AOMedia: Carriage of ID3 in CMAF). */
export function printId3Event(
  event: { startSample: number; samplerate: number; id: number },
  tag: Uint8Array,
): Uint8Array {
  const unknownDuration = 0xffffffff
  const times = [u32(event.samplerate), u64(event.startSample), u32(unknownDuration, event.id)]
  return fullBox('emsg', 1, 0, ...times, latin1('https://aomedia.org/emsg/ID3\0\0'), tag)
}
