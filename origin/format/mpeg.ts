import type { Frame, FrameFormat } from './framer.ts'

// ISO/IEC 11172-3 and 13818-3, tables of the header; kbit/s by bitrate index, 0 = free format
const v1Layer1 = [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448]
const v1Layer2 = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384]
const v1Layer3 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const v2Layer1 = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256]
const v2Layers23 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const bitrates = { v1: [v1Layer1, v1Layer2, v1Layer3], v2: [v2Layer1, v2Layers23, v2Layers23] }
/** Hz for MPEG-1; MPEG-2 uses half of these, MPEG-2.5 a quarter */
const sampleRates = [44_100, 48_000, 32_000]

/** MPEG audio of every version and layer, except free format, whose frames do not state their length. */
export const mpegFormat: FrameFormat = { name: 'mpeg', headerBytes: 4, parse }

function parse(bytes: Uint8Array, at: number): Frame | undefined {
  const [b1 = 0, b2 = 0] = [bytes[at + 1], bytes[at + 2]]
  if (bytes[at] !== 0xff || (b1 & 0xe0) !== 0xe0) return undefined
  const versionBits = (b1 >> 3) & 3 // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5, 1: none
  const layer = 4 - ((b1 >> 1) & 3) // 1 to 3; 4: none
  const rate = sampleRates[(b2 >> 2) & 3]
  const table = bitrates[versionBits === 3 ? 'v1' : 'v2'][layer - 1]
  const kbps = table?.[b2 >> 4]
  if (versionBits === 1 || rate === undefined || !kbps) return undefined
  const hz = versionBits === 3 ? rate : versionBits === 2 ? rate / 2 : rate / 4
  const samples = layer === 1 ? 384 : layer === 3 && versionBits !== 3 ? 576 : 1152
  // layer I counts in slots of four bytes, the others in bytes
  const slotBytes = layer === 1 ? 4 : 1
  const slots = Math.floor((samples * kbps * 125) / (hz * slotBytes)) + ((b2 >> 1) & 1)
  return {
    length: slots * slotBytes,
    durationMs: (samples / hz) * 1000,
    samplerate: hz,
    layer,
    channels: (bytes[at + 3] ?? 0) >> 6 === 3 ? 1 : 2,
    kind: (b1 & 0x1e) | ((b2 & 0x0c) << 8),
  }
}
