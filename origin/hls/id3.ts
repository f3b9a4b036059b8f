import { joined } from '../../shared/bytes.ts'

const encoder = new TextEncoder()
/** RFC 8216 §3.4 */
const timestampOwner = 'com.apple.streaming.transportStreamTimestamp'
/** a value of the 33-bit clock of MPEG-2, 90 kHz */
const timestampMax = 2n ** 33n
/** ID3v2.4 marks its texts as UTF-8 by this byte */
const utf8 = 3

/**
 * An ID3v2.4 tag: when the first sample of a packed audio segment is due, and the title that begins in it.
 * @param timestamp of 90 kHz, any size; undefined where the segment itself has times
 */
export function printId3(
  timestamp: bigint | undefined,
  title: { title: string; artist: string | undefined } | undefined,
) {
  const frames = timestamp === undefined ? [] : [frame('PRIV', privateTimestamp(timestamp))]
  if (title) frames.push(frame('TIT2', text(title.title)))
  if (title?.artist !== undefined) frames.push(frame('TPE1', text(title.artist)))
  const body = joined(frames)
  const header = Uint8Array.of(0x49, 0x44, 0x33, 4, 0, 0, ...synchsafe(body.length))
  return joined([header, body])
}

function privateTimestamp(timestamp: bigint): Uint8Array {
  const owner = encoder.encode(`${timestampOwner}\0`)
  const bytes = new Uint8Array(owner.length + 8)
  bytes.set(owner)
  new DataView(bytes.buffer).setBigUint64(owner.length, timestamp % timestampMax)
  return bytes
}

const text = (value: string) => joined([Uint8Array.of(utf8), encoder.encode(`${value}\0`)])

const frame = (name: string, body: Uint8Array) =>
  joined([encoder.encode(name), Uint8Array.of(...synchsafe(body.length), 0, 0), body])

/** Four bytes of seven bits each. */
const synchsafe = (value: number) => [21, 14, 7, 0].map((shift) => (value >> shift) & 0x7f)
