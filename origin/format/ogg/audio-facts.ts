import type { AudioFacts } from '../framer.ts'
import { opusHz } from './opus.ts'

/** Runs a reader on a packet; a truncated packet gives no facts. */
function read(packet: Uint8Array, bytesMin: number, facts: (view: DataView) => AudioFacts): AudioFacts {
  if (packet.length < bytesMin) return {}
  return facts(new DataView(packet.buffer, packet.byteOffset, packet.byteLength))
}

/** Vorbis I §4.2.2; a bitrate of 0 means not set. */
export const vorbisFacts = (packet: Uint8Array): AudioFacts =>
  read(packet, 28, (view) => {
    const bitrate = view.getInt32(20, true)
    const audio = { channels: view.getUint8(11), samplerate: view.getUint32(12, true) }
    return bitrate > 0 ? { ...audio, bitrate } : audio
  })

/** RFC 7845 §5.1; the rate in the header is that of the encoder's input: Opus always plays at 48 kHz. */
export const opusFacts = (packet: Uint8Array): AudioFacts =>
  read(packet, 16, (view) => ({ channels: view.getUint8(9), samplerate: opusHz }))

/** The Speex manual, §6.2; a bitrate of -1 means not set. */
export const speexFacts = (packet: Uint8Array): AudioFacts =>
  read(packet, 56, (view) => {
    const bitrate = view.getInt32(52, true)
    const audio = { channels: view.getUint32(48, true), samplerate: view.getUint32(36, true) }
    return bitrate > 0 ? { ...audio, bitrate } : audio
  })

/** The FLAC-to-Ogg mapping, followed by FLAC's STREAMINFO (RFC 9639 §8.2): 20 bits of rate, 3 of channels minus one. */
export const flacFacts = (packet: Uint8Array): AudioFacts =>
  read(packet, 31, (view) => {
    const word = view.getUint32(27)
    return {
      flacVersion: `${view.getUint8(5)}.${view.getUint8(6)}`,
      samplerate: word >>> 12,
      channels: ((word >>> 9) & 7) + 1,
    }
  })
