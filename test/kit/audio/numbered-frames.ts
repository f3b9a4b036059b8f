import { framesOf } from './mpeg.ts'

/**
 * An endless MP3 (128 kbit/s, 44.1 kHz, stereo) in which every frame is another, so that a gap or a repeat shows.
 *
 * Frame `n` is silence to a decoder: its side information says that no audio follows, and what follows is ancillary data
 * (ISO/IEC 11172-3 §2.4.1.8), here `n` in every four bytes. Each byte keeps its top bit 0, so no header can stand among them.
 */
export function numberedFrame(n: number): Uint8Array {
  const frame = new Uint8Array(frameBytes(n))
  const padding = frame.length - frameBytesMin
  frame.set([0xff, 0xfb, 0x90 | (padding << 1), 0x00])
  const digits = Uint8Array.of(n & 0x7f, (n >> 7) & 0x7f, (n >> 14) & 0x7f, (n >> 21) & 0x7f)
  Buffer.from(frame.buffer).fill(digits, payloadAt)
  return frame
}

/** The number of a frame that {@link numberedFrame} made; throws where it differs from that in any byte. */
export function numberOf(frame: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = frame.subarray(payloadAt, payloadAt + 4)
  const n = a | (b << 7) | (c << 14) | (d << 21)
  const expected = numberedFrame(n)
  if (Buffer.compare(frame, expected) !== 0)
    throw new Error(`a frame that calls itself ${n} is not the one that the source sent`)
  return n
}

/** The same; undefined where it is not such a frame. */
export function numberIn(frame: Uint8Array): number | undefined {
  try {
    return numberOf(frame)
  } catch {
    return undefined
  }
}

/** bytes of the numbered frame that begins at an offset */
export const frameBytesAt = (bytes: Uint8Array, at: number): number =>
  frameBytesMin + (((bytes[at + 2] ?? 0) >> 1) & 1)

/** What a listener should have: frames that follow each other by number. Returns the first number and how many they are. */
export function numbersInOrder(bytes: Uint8Array): { first: number; count: number; skipped: number } {
  const { frames, skipped } = framesOf(bytes)
  const numbers = frames.map(numberOf)
  const [first = 0] = numbers
  for (const [i, n] of numbers.entries())
    if (n !== first + i)
      throw new Error(`frame ${n} came after ${first + i - 1}, which is ${describe(n, first + i)}`)
  return { first, count: numbers.length, skipped }
}

const describe = (n: number, expected: number) =>
  n > expected ? `a gap of ${n - expected} frames` : `a repeat of ${expected - n} frames`

/** header and side information of a stereo MPEG-1 frame without CRC */
const payloadAt = 4 + 32
const frameBytesMin = 417
export const frameBytesMax = 418
/** A frame of 1152 samples holds 417 + 47/49 bytes at this rate: 47 of 49 frames have a byte of padding. */
const frameBytes = (n: number) => frameBytesMin + Math.floor(((n + 1) * 47) / 49) - Math.floor((n * 47) / 49)

/** The numbers of the whole frames; half a frame that a loss left, and what comes after it, is passed over. */
export const wholeNumbers = (audio: Uint8Array): number[] =>
  framesOf(audio)
    .frames.map(numberIn)
    .filter((n) => n !== undefined)

/** The number of the newest whole frame; -1 where there is none. Only the end is read: tests ask again and again. */
export function lastNumber(audio: Uint8Array): number {
  const end = audio.subarray(-tailBytes)
  return end.length < 2 * frameBytesMin ? -1 : (wholeNumbers(end).at(-1) ?? -1)
}

/** bytes: some ten frames */
const tailBytes = 4096
