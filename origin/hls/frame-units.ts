import { valueIn } from '../../shared/value-in.ts'
import { adtsFormat } from '../format/adts.ts'
import type { Chunk } from '../format/chunk.ts'
import type { FrameFormat } from '../format/framer.ts'
import { mpegFormat } from '../format/mpeg.ts'
import { printPacked } from './packed.ts'
import type { StreamParameters } from './segment.ts'
import type { Segmenter } from './segmenter.ts'
import type { Units } from './units.ts'

const formats: Readonly<Record<string, { format: FrameFormat; kind: 'mp3' | 'aac' }>> = {
  mpeg: { format: mpegFormat, kind: 'mp3' },
  adts: { format: adtsFormat, kind: 'aac' },
}

/** The frames of MP3 or AAC; bytes between them, such as tags, are left out. */
export class FrameUnits implements Units {
  #segmenter: Segmenter
  #format: FrameFormat
  #kind: 'mp3' | 'aac'
  #parameters: (StreamParameters & { frameKind: number; channels: number }) | undefined

  /** @param format `mpeg` or `adts`, as a framer names it */
  constructor(format: { format: FrameFormat; kind: 'mp3' | 'aac' }, segmenter: Segmenter) {
    this.#segmenter = segmenter
    this.#format = format.format
    this.#kind = format.kind
  }

  /** undefined if a format has no frames */
  static of(format: string, segmenter: Segmenter): FrameUnits | undefined {
    const known = valueIn(formats, format)
    return known && new FrameUnits(known, segmenter)
  }

  push({ bytes, frames }: Chunk): void {
    for (const at of frames) {
      const frame = this.#format.parse(bytes, at)
      if (!frame || at + frame.length > bytes.length) continue
      const { kind: frameKind, channels, samplerate, durationMs } = frame
      if (this.#parameters?.frameKind !== frameKind || this.#parameters.channels !== channels) {
        const key = `${this.#kind} ${frameKind} ${channels}`
        this.#parameters = {
          kind: this.#kind,
          samplerate,
          key,
          init: undefined,
          print: printPacked,
          frameKind,
          channels,
        }
        this.#segmenter.begin(this.#parameters)
      }
      const samples = Math.round((durationMs * samplerate) / 1000)
      this.#segmenter.push({ bytes: bytes.subarray(at, at + frame.length), samples })
    }
  }
}
