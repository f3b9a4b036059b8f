/** What the header of an MPEG audio frame says; tests read frames by this, not by the code under test. */
interface FrameHeader {
  bytes: number
  /** samples of one channel */
  samples: number
  sampleRate: number
}

const layer3Kbps = {
  mpeg1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const

/** Reads the four bytes at `at` as the header of a layer III frame (ISO/IEC 11172-3 §2.4.2.3); undefined where they are none. */
export function parseFrameHeader(bytes: Uint8Array, at: number): FrameHeader | undefined {
  const sync = bytes[at] ?? 0
  const kind = bytes[at + 1] ?? 0
  const rates = bytes[at + 2] ?? 0
  if (sync !== 0xff || (kind & 0xe6) !== 0xe2) return undefined // eleven bits of sync, layer III
  const version = (kind >> 3) & 3 // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const kbps = (version === 3 ? layer3Kbps.mpeg1 : layer3Kbps.mpeg2)[rates >> 4]
  const rateIndex = (rates >> 2) & 3
  if (version === 1 || !kbps || rateIndex === 3) return undefined
  const sampleRate = ([44_100, 48_000, 32_000][rateIndex] ?? 0) / { 3: 1, 2: 2, 0: 4 }[version as 0 | 2 | 3]
  const samples = version === 3 ? 1152 : 576
  const padding = (rates >> 1) & 1
  return { bytes: Math.floor((samples * kbps * 125) / sampleRate) + padding, samples, sampleRate }
}

/**
 * Cuts bytes into whole layer III frames, back to back from the first frame boundary on.
 * The bytes before it are `skipped`, an incomplete frame at the end is `rest`; anything else that is not a frame throws.
 */
export function framesOf(bytes: Uint8Array): { skipped: number; frames: Uint8Array[]; rest: number } {
  const first = firstBoundary(bytes)
  const frames: Uint8Array[] = []
  let at = first
  while (at + 4 <= bytes.length) {
    const header = parseFrameHeader(bytes, at)
    if (!header) throw new Error(`no frame begins at byte ${at}, after ${frames.length} frames`)
    if (at + header.bytes > bytes.length) break
    frames.push(bytes.subarray(at, at + header.bytes))
    at += header.bytes
  }
  return { skipped: first, frames, rest: bytes.length - at }
}

/** A boundary is a header whose frame ends where another header stands: one alone may be chance. */
function firstBoundary(bytes: Uint8Array): number {
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const header = parseFrameHeader(bytes, at)
    if (header && parseFrameHeader(bytes, at + header.bytes)) return at
  }
  throw new Error(`no MPEG frames in ${bytes.length} bytes`)
}
