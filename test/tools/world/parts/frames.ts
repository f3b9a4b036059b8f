/** ms of a frame of MPEG-2.5 layer III with 8 kHz and 8 kbit/s: the least audio that there is */
export const frameMs = 72
/** the head of such a frame (mono, no CRC, no padding), and its bytes */
export const frameHead: readonly number[] = [0xff, 0xe3, 0x18, 0xc0]
export const frameBytes = 72
/** where in a frame it says which one it is, in digits that no decoder takes for another head */
const numberAt = 20
const digits = 5
const base = 128

/** Writes the number of a frame, and of the encoder that made it. */
export function writeFrame(into: Uint8Array, at: number, encoder: number, frame: number): void {
  into.set(frameHead, at)
  into[at + numberAt] = 1 + encoder
  let left = frame
  for (let digit = 1; digit <= digits; digit++) {
    into[at + numberAt + digit] = left % base
    left = Math.floor(left / base)
  }
}

/** The number of a frame, and of the encoder that made it. */
export function numberIn(bytes: Uint8Array, at: number): { encoder: number; frame: number } {
  let frame = 0
  for (let digit = digits; digit >= 1; digit--) frame = frame * base + (bytes[at + numberAt + digit] ?? 0)
  return { encoder: (bytes[at + numberAt] ?? 0) - 1, frame }
}
