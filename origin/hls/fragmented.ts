import { printFragmentHead, printId3Event } from '../format/mp4/fragment.ts'
import { printId3 } from './id3.ts'
import { together } from './packed.ts'
import type { SegmentBody } from './segment.ts'

/** A segment of fragmented MP4 (RFC 8216 §3.3): a title that begins in it, then one fragment with the packets as its samples. */
export function printFragmented(number: number, body: SegmentBody): Uint8Array[] {
  const { parameters, units, startSample, title } = body
  const sequence = number >>> 0
  const samples = units.map((unit) => ({ bytes: unit.bytes.length, duration: unit.samples }))
  const head = printFragmentHead({ sequence, startSample, samples })
  const event = { startSample, samplerate: parameters.samplerate, id: sequence }
  const titles = title ? [printId3Event(event, printId3(undefined, title))] : []
  return [...titles, head, ...together(units)]
}
