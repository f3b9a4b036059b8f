/** What is needed of FLAC in Ogg to package its frames. */

/** offset and length of `STREAMINFO` in the first packet: behind the mapping's magic, version and count, `fLaC` and a block header */
const streamInfoAt = 17
const streamInfoBytes = 34

/** offsets in `STREAMINFO` (RFC 9639 §8.2) */
const at = { frameSizes: 4, word: 10, total: 13, end: 34 } as const

export interface FlacSetup {
  /** `STREAMINFO` of a stream without an end: sizes of frames, count of samples and checksum are not known */
  streamInfo: Uint8Array
  /** Hz */
  samplerate: number
  channels: number
  bitsPerSample: number
}

/** Reads the first packet of FLAC in Ogg; undefined if it is truncated, or names no rate. */
export function flacSetupOf(first: Uint8Array): FlacSetup | undefined {
  // a copy, also of a Buffer, whose `slice` is a view of what listeners get
  const streamInfo = Uint8Array.from(first.subarray(streamInfoAt, streamInfoAt + streamInfoBytes))
  if (streamInfo.length < streamInfoBytes) return undefined
  const word = new DataView(streamInfo.buffer).getUint32(at.word)
  streamInfo.fill(0, at.frameSizes, at.word)
  streamInfo[at.total] = (streamInfo[at.total] ?? 0) & 0xf0
  streamInfo.fill(0, at.total + 1, at.end)
  const samplerate = word >>> 12
  if (samplerate === 0) return undefined
  const channels = ((word >>> 9) & 7) + 1
  return { streamInfo, samplerate, channels, bitsPerSample: ((word >>> 4) & 31) + 1 }
}

/** Number of samples in a FLAC frame, by its header (RFC 9639 §9.1); 0 if it is not a frame. */
export function flacSamples(packet: Uint8Array): number {
  const [sync, second = 0, third = 0] = packet
  if (sync !== 0xff || (second & 0xfc) !== 0xf8) return 0
  const code = third >> 4
  if (code === 0) return 0
  if (code === 1) return 192
  if (code < 6) return 144 << code
  if (code > 7) return 1 << code
  const sizeAt = 4 + codedBytes(packet[4] ?? 0)
  const [high = 0, low = 0] = packet.subarray(sizeAt)
  return (code === 6 ? high : (high << 8) | low) + 1
}

/** Bytes of the frame's or sample's number: coded like UTF-8, up to seven of them. */
function codedBytes(first: number): number {
  const ones = Math.clz32(~(first << 24))
  return Math.max(1, ones)
}
