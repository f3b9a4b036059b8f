import { printFlacSetup, printInit, printOpusSetup } from '../mp4/init.ts'
import { beginsWith } from './codecs.ts'
import { flacSamples, flacSetupOf } from './flac.ts'
import { opusHz, opusSamples, preSkipOf } from './opus.ts'

/** A logical stream whose packets MP4 can hold: Opus or FLAC. */
export interface AudioStream {
  readonly kind: 'opus' | 'flac'
  /** Hz of granule positions, and of the counts of samples */
  readonly samplerate: number
  /** equal for streams that one decoder plays on through */
  readonly key: string
  /** an initialization segment for it */
  readonly init: Uint8Array
  /** samples that a decoder skips at the beginning */
  readonly preSkip: number
  /** Number of samples in a packet; 0 if it is not audio. */
  samplesOf(packet: Uint8Array): number
}

/** Reads the first packet of a logical stream; undefined if it is another codec, or truncated. */
export function audioStreamOf(first: Uint8Array): AudioStream | undefined {
  if (beginsWith(first, 'OpusHead')) return opusStreamOf(first)
  return beginsWith(first, '\x7fFLAC') ? flacStreamOf(first) : undefined
}

/** bytes of `OpusHead` with mapping family 0, and of other families without their table of channels (RFC 7845 §5.1) */
const opusHeadBytes = 19
const opusTableAt = 21

/** longest packet: 48 frames of 1275 bytes, beyond which RFC 7845 §6 advises to drop it */
const opusPacketBytesMax = 61_440

function opusStreamOf(first: Uint8Array): AudioStream | undefined {
  const [channels = 0, family = 0] = [first[9], first[18]]
  const length = family === 0 ? opusHeadBytes : opusTableAt + channels
  if (first.length < length || channels === 0) return undefined
  const head = first.subarray(0, length)
  const setup = printOpusSetup(head)
  // where a stream begins, and what its encoder was given, is nothing to a decoder that runs
  const decoded = Uint8Array.from(head) // not `slice`, which of a Buffer is a view of what listeners get
  decoded.fill(0, 10, 16)
  return {
    kind: 'opus',
    samplerate: opusHz,
    key: keyOf('opus', decoded),
    init: printInit({ codec: 'Opus', channels, samplerate: opusHz, bitsPerSample: 16, setup }),
    preSkip: preSkipOf(head),
    samplesOf: (packet) => (packet.length > opusPacketBytesMax ? 0 : opusSamples(packet)),
  }
}

function flacStreamOf(first: Uint8Array): AudioStream | undefined {
  const read = flacSetupOf(first)
  if (!read) return undefined
  const { streamInfo, samplerate, channels, bitsPerSample } = read
  const setup = printFlacSetup(streamInfo)
  return {
    kind: 'flac',
    samplerate,
    key: keyOf('flac', streamInfo),
    init: printInit({ codec: 'fLaC', channels, samplerate, bitsPerSample, setup }),
    preSkip: 0,
    samplesOf: flacSamples,
  }
}

const keyOf = (kind: string, bytes: Uint8Array) => `${kind} ${Buffer.from(bytes).toString('hex')}`
