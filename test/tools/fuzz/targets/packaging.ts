import { deepStrictEqual } from 'node:assert/strict'
import { framerOf } from '../../../../origin/format/formats.ts'
import { FormatError } from '../../../../origin/format/limits.ts'
import { unitsFor } from '../../../../origin/hls/formats.ts'
import type { Segment } from '../../../../origin/hls/segment.ts'
import { hlsEpochMs, Segmenter } from '../../../../origin/hls/segmenter.ts'
import { sameHoweverCut } from '../cuts.ts'
import { orError, type Target } from '../target.ts'
import { resealed } from './framers.ts'

const formats = ['mpeg', 'adts', 'ogg']
const source = { header: new Uint8Array(), facts: undefined, title: '', startedAtMs: 0, kbps: 0 }
const follow = () => ({ chunks: [], leave: () => {} })

/** The segments of a mount to which these bytes are sent, as far as they do not depend on the time. */
const packaged = (format: string) => (pieces: readonly Uint8Array[]) =>
  orError([FormatError], () => {
    const segments: (Omit<Segment, 'pieces'> & { all: Buffer })[] = []
    const segmenter = new Segmenter({
      segmentSeconds: 0.1,
      firstNumber: 17,
      wallMs: () => hlsEpochMs,
      onSegment: ({ pieces, ...segment }) => segments.push({ ...segment, all: Buffer.concat(pieces) }),
    })
    const framer = framerOf(format)
    const units = unitsFor({ ...source, format, follow }, segmenter)
    for (const piece of pieces) {
      framer.push(piece)
      const { bytes, frames } = framer.take()
      units?.push({ bytes: Uint8Array.from(bytes), frames })
    }
    segmenter.break()
    return segments
  })

function checkSegments(segments: readonly (Omit<Segment, 'pieces'> & { all: Buffer })[]): void {
  for (const [i, { number, bytes, all, seconds, startMs }] of segments.entries()) {
    deepStrictEqual([number, all.length], [17 + i, bytes], 'its number and its length')
    const before = segments[i - 1]
    const isLater = before === undefined || startMs >= before.startMs
    if (!(seconds > 0 && seconds < 3600) || !Number.isFinite(startMs) || !isLater)
      throw new Error(`segment ${number} begins at ${startMs} ms and lasts ${seconds} s`)
  }
}

/** The first byte says the format. */
export const packaging: Target = {
  name: 'packaging',
  about:
    'MP3, AAC, and Opus or FLAC in Ogg, packaged for HLS: segments in order, the same however the stream was cut',
  files: 'origin/hls/',
  tokens: [
    'OpusHead\u0001\u0002',
    'OpusTags',
    '\u007fFLAC\u0001\0',
    'fLaC',
    'OggS\0\u0002',
    'OggS\0\u0004',
    'OggS\0\u0001',
    'TITLE=a',
    '\u00ff\u00fb\u0090\u0064',
  ],
  read: (input) => void packaged(formats[(input[0] ?? 0) % formats.length] ?? '')([input.subarray(1)]),
  check(input) {
    const format = formats[(input[0] ?? 0) % formats.length] ?? ''
    const stream = format === 'ogg' ? resealed(input.subarray(1)) : input.subarray(1)
    const read = packaged(format)
    sameHoweverCut(stream, read)
    const segments = read([stream])
    if (typeof segments !== 'string') checkSegments(segments)
  },
}
