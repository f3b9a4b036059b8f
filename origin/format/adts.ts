import type { Frame, FrameFormat } from './framer.ts'

/** Hz by sampling frequency index, ISO/IEC 14496-3 table 1.18 */
const sampleRates = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
]

/** AAC in ADTS frames (ISO/IEC 14496-3 §1.A.2), sent as `audio/aac` or `audio/aacp`. */
export const adtsFormat: FrameFormat = { name: 'adts', headerBytes: 7, parse }

function parse(bytes: Uint8Array, at: number): Frame | undefined {
  const [b1 = 0, b2 = 0, b3 = 0] = [bytes[at + 1], bytes[at + 2], bytes[at + 3]]
  const [b4 = 0, b5 = 0, b6 = 0] = [bytes[at + 4], bytes[at + 5], bytes[at + 6]]
  if (bytes[at] !== 0xff || (b1 & 0xf6) !== 0xf0) return undefined
  const hz = sampleRates[(b2 >> 2) & 15]
  const length = ((b3 & 3) << 11) | (b4 << 3) | (b5 >> 5)
  const headerBytes = (b1 & 1) === 1 ? 7 : 9 // with a checksum, 9
  if (hz === undefined || length <= headerBytes) return undefined
  const samples = 1024 * ((b6 & 3) + 1)
  const configuration = ((b2 & 1) << 2) | (b3 >> 6)
  // id, profile, rate and channels: constant within a stream
  return {
    length,
    durationMs: (samples / hz) * 1000,
    samplerate: hz,
    // ISO/IEC 14496-3 table 1.19: 7 means eight channels
    channels: configuration === 7 ? 8 : configuration,
    kind: (b1 & 0x08) | ((b2 & 0xfd) << 8) | ((b3 & 0xc0) << 16),
  }
}
