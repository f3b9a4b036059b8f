/** sample rate of Opus playback and granule positions, whatever rate was encoded (RFC 7845 §4) */
export const opusHz = 48_000

/** samples in the longest packet: 120 ms (RFC 6716 §3.2.5) */
const packetSamplesMax = 5760

/** samples per frame, by index of the configuration within its mode (RFC 6716 §3.1, table 2) */
const silkSamples = [480, 960, 1920, 2880] as const
const hybridSamples = [480, 960] as const
const celtSamples = [120, 240, 480, 960] as const

/** Number of samples in an Opus packet at 48 kHz; 0 if it is not valid. */
export function opusSamples(packet: Uint8Array): number {
  const [toc, second = 0] = packet
  if (toc === undefined) return 0
  const code = toc & 3
  const frames = code === 0 ? 1 : code < 3 ? 2 : second & 63
  return Math.min(frames * frameSamples(toc >> 3), packetSamplesMax)
}

function frameSamples(configuration: number): number {
  if (configuration < 12) return silkSamples[configuration & 3] ?? 0
  if (configuration < 16) return hybridSamples[configuration & 1] ?? 0
  return celtSamples[configuration & 3] ?? 0
}

/** Samples that a decoder skips at the beginning, from the stream's first packet (RFC 7845 §5.1). */
export const preSkipOf = (head: Uint8Array): number => (head[10] ?? 0) | ((head[11] ?? 0) << 8)
