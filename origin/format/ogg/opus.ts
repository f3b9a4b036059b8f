/** what Opus plays at, and counts its granules in, whatever was encoded (RFC 7845 §4) */
export const opusHz = 48_000

/** samples of the longest packet: 120 ms (RFC 6716 §3.2.5) */
const packetSamplesMax = 5760

/** samples of a frame by its configuration's place among those of its mode (RFC 6716 §3.1, table 2) */
const silkSamples = [480, 960, 1920, 2880] as const
const hybridSamples = [480, 960] as const
const celtSamples = [120, 240, 480, 960] as const

/** How many samples a packet of Opus plays at 48 kHz; 0 where it is none. */
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

/** Samples that a decoder leaves out at the beginning, as the stream's first packet says (RFC 7845 §5.1). */
export const preSkipOf = (head: Uint8Array): number => (head[10] ?? 0) | ((head[11] ?? 0) << 8)
