import type { AudioFacts } from '../framer.ts'
import { opusHz } from './opus.ts'

/** Runs a reader over a packet; one that is cut short says nothing. */
function read(packet: Uint8Array, bytesMin: number, facts: (view: DataView) => AudioFacts): AudioFacts {
  if (packet.length < bytesMin) return {}
  return facts(new DataView(packet.buffer, packet.byteOffset, packet.byteLength))
}

/** Vorbis I §4.2.2; a bitrate of 0 is one that the encoder did not say. */
export const vorbisFacts = (packet: Uint8Array): AudioFacts =>
  read(packet, 28, (view) => {
    const bitrate = view.getInt32(20, true)
    const audio = { channels: view.getUint8(11), samplerate: view.getUint32(12, true) }
    return bitrate > 0 ? { ...audio, bitrate } : audio
  })

/** RFC 7845 §5.1; the rate in it is that of what was encoded, and not of what is heard: all Opus plays at 48 kHz. */
export const opusFacts = (packet: Uint8Array): AudioFacts =>
  read(packet, 16, (view) => ({ channels: view.getUint8(9), samplerate: opusHz }))

/** The Speex manual, §6.2; a bitrate of -1 is one that the encoder did not say. */
export const speexFacts = (packet: Uint8Array): AudioFacts =>
  read(packet, 56, (view) => {
    const bitrate = view.getInt32(52, true)
    const audio = { channels: view.getUint32(48, true), samplerate: view.getUint32(36, true) }
    return bitrate > 0 ? { ...audio, bitrate } : audio
  })

/** The mapping of FLAC to Ogg, and behind it FLAC's STREAMINFO (RFC 9639 §8.2): 20 bits of rate, 3 of channels less one. */
export const flacFacts = (packet: Uint8Array): AudioFacts =>
  read(packet, 31, (view) => {
    const word = view.getUint32(27)
    return {
      flacVersion: `${view.getUint8(5)}.${view.getUint8(6)}`,
      samplerate: word >>> 12,
      channels: ((word >>> 9) & 7) + 1,
    }
  })
