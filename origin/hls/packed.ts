import { printId3 } from './id3.ts'
import type { AudioUnit, SegmentBody } from './segment.ts'

const clockHz = 90_000n

/** The nearest tick of the 90 kHz clock; the product does not fit a double. */
const timestampOf = (sample: number, samplerate: number): bigint => {
  const rate = BigInt(samplerate)
  return (BigInt(sample) * clockHz + rate / 2n) / rate
}

/** A segment of packed audio: an ID3 tag with its time, then the frames (RFC 8216 §3.4). */
export function printPacked(_: number, { parameters, units, startSample, title }: SegmentBody): Uint8Array[] {
  return [printId3(timestampOf(startSample, parameters.samplerate), title), ...together(units)]
}

/** Units that lie next to each other in memory become one view: a segment then has a few pieces, not one for each frame. */
export function together(units: readonly AudioUnit[]): Uint8Array[] {
  const views: Uint8Array[] = []
  let last: Uint8Array | undefined
  for (const { bytes } of units) {
    if (last?.buffer === bytes.buffer && last.byteOffset + last.length === bytes.byteOffset) {
      last = new Uint8Array(last.buffer, last.byteOffset, last.length + bytes.length)
      views[views.length - 1] = last
    } else {
      last = bytes
      views.push(bytes)
    }
  }
  return views
}
