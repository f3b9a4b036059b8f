import type { HlsKind } from '../../shared/hls/kinds.ts'

/** A title of a mount as HLS tells it. */
export interface SegmentTitle {
  /** unique within the mount */
  id: string
  /** when it began, ms since 1970 */
  startMs: number
  title: string
  artist: string | undefined
}

/** A finished segment. Its audio is not copied: the pieces are views of the chunks that listeners get as well. */
export interface Segment {
  readonly number: number
  readonly kind: HlsKind
  readonly pieces: readonly Uint8Array[]
  /** length of all pieces */
  readonly bytes: number
  readonly seconds: number
  /** when its first sample was broadcast, ms since 1970 */
  readonly startMs: number
  /** it does not follow the segment before it */
  readonly discontinuity: boolean
  /** its initialization segment; undefined for packed audio */
  readonly init: InitSegment | undefined
  /** titles that began in it */
  readonly titles: readonly SegmentTitle[]
}

/** What a player needs before the first segment of fragmented MP4 (`EXT-X-MAP`). */
export interface InitSegment {
  readonly number: number
  readonly bytes: Uint8Array
}

/** The smallest part of a stream that a segment may begin with: a frame of MP3 or AAC, a packet of Opus or FLAC. */
export interface AudioUnit {
  readonly bytes: Uint8Array
  /** per channel, at the stream's samplerate */
  readonly samples: number
}

/** What units that follow each other share; a change of any of it is a discontinuity. */
export interface StreamParameters {
  readonly kind: HlsKind
  /** Hz */
  readonly samplerate: number
  /** equal for streams that one decoder plays on through */
  readonly key: string
  /** the initialization segment; undefined for packed audio */
  readonly init: Uint8Array | undefined
  /** Prints a segment of such a stream. */
  readonly print: PrintBody
}

/** A segment's audio on its way to a {@link Segment}. */
export interface SegmentBody {
  readonly parameters: StreamParameters
  readonly units: readonly AudioUnit[]
  /** time of the first unit, in samples since 2026 by the wall clock of the last discontinuity */
  readonly startSample: number
  readonly title: SegmentTitle | undefined
}

/** Prints the bytes of a segment from its audio, without a copy of it. */
export type PrintBody = (number: number, body: SegmentBody) => Uint8Array[]
