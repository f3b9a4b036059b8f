import type { AudioUnit, InitSegment, Segment, SegmentTitle, StreamParameters } from './segment.ts'

/** s: the target duration of segments of this length. A playlist may not change it (RFC 8216 §6.2.1), so no segment is longer, rounded. */
export const targetSecondsOf = (segmentSeconds: number): number => Math.max(1, Math.round(segmentSeconds))

/** 2026-01-01: times in segments and numbers of discontinuities count from here. Players that count times in µs have 64 bits for centuries. */
export const hlsEpochMs = 1_767_225_600_000

/**
 * The time of a timeline's first sample. It is the wall clock's, not 0: a program that starts again begins with the discontinuity number
 * that it had before, if it ran for less than that counts, and players then take the new segments for a later part of the same timeline.
 */
const firstSampleAt = (beganMs: number, samplerate: number): number =>
  Math.round((Math.max(0, beganMs - hlsEpochMs) * samplerate) / 1000)

/** the part of a segment by which the next one may be shorter because this one is too long: a unit may be longer than several segments */
const overShare = 0.25

export interface SegmenterOptions {
  /** s after which a segment ends at the next unit */
  segmentSeconds: number
  /** number of the first segment */
  firstNumber: number
  /** the wall clock, ms since 1970 */
  wallMs: () => number
  /** s that the segment of this number should last, which begins now; left out: all are equal. @param dueMs when it is due by the count of samples */
  secondsOf?: (number: number, dueMs: number) => number
  onSegment: (segment: Segment) => void
}

/** Cuts a stream of frames or packets into segments. It has no clock and no socket. */
export class Segmenter {
  #options: SegmenterOptions
  #number: number
  #parameters: StreamParameters | undefined
  #init: { parameters: StreamParameters; segment: InitSegment } | undefined
  #inits = 0
  /** of the segment that is being filled */
  #units: AudioUnit[] = []
  #samples = 0
  /** samples after which it ends */
  #wanted = 0
  /** s by which the segments since the last discontinuity are longer than wanted: the next one is shorter, so nothing adds up */
  #over = 0
  #titles: SegmentTitle[] = []
  /** samples in finished segments since {@link #beganMs} */
  #past = 0
  /** when the first sample since the last discontinuity arrived, ms since 1970 */
  #beganMs: number | undefined
  /** when the last sample before the last discontinuity ended, by the count of samples */
  #endedMs = Number.NEGATIVE_INFINITY
  /** the next segment does not follow the last; nothing comes before the first, so that one begins no discontinuity */
  #isBroken = false
  #title: SegmentTitle | undefined

  constructor(options: SegmenterOptions) {
    this.#options = options
    this.#number = options.firstNumber
  }

  get firstNumber(): number {
    return this.#options.firstNumber
  }

  /** the newest title */
  get title(): SegmentTitle | undefined {
    return this.#title
  }

  /** The units that follow have these parameters. */
  begin(parameters: StreamParameters): void {
    if (this.#parameters?.key === parameters.key) return
    this.break()
    this.#parameters = parameters
  }

  /** The units that follow do not continue those before. */
  break(): void {
    this.#close()
    this.#isBroken = this.#number !== this.#options.firstNumber
    this.#endedMs = this.#nowMs() ?? this.#endedMs
    this.#past = 0
    this.#over = 0
    this.#beganMs = undefined
  }

  /** Adds the next unit; ends the segment before it if that is long enough, or would be too long with it. */
  push(unit: AudioUnit): void {
    const { segmentSeconds, secondsOf, wallMs } = this.#options
    if (!this.#parameters) return
    this.#beganMs ??= Math.max(wallMs(), Math.ceil(this.#endedMs) + 1)
    const { samplerate } = this.#parameters
    const longest = (targetSecondsOf(segmentSeconds) + 0.5) * samplerate
    if (this.#samples >= this.#wanted || this.#samples + unit.samples >= longest) this.#close()
    if (this.#samples === 0) {
      const dueMs = this.#beganMs + (this.#past / samplerate) * 1000
      const seconds = secondsOf ? secondsOf(this.#number, dueMs) - this.#over : segmentSeconds
      this.#wanted = seconds * samplerate
    }
    this.#units.push(unit)
    this.#samples += unit.samples
  }

  /** A title that begins now. */
  setTitle(title: string, artist: string | undefined): void {
    const startMs = this.#nowMs() ?? this.#options.wallMs()
    this.#title = { id: `${this.#number}-${this.#titles.length}`, startMs, title, artist }
    this.#titles.push(this.#title)
  }

  /** when the next sample is due by the count of samples, ms since 1970 */
  #nowMs(): number | undefined {
    if (this.#beganMs === undefined || !this.#parameters) return undefined
    return this.#beganMs + ((this.#past + this.#samples) / this.#parameters.samplerate) * 1000
  }

  #close(): void {
    const parameters = this.#parameters
    if (!parameters || this.#samples === 0) return
    const beganMs = this.#beganMs ?? 0
    const startSample = firstSampleAt(beganMs, parameters.samplerate) + this.#past
    const body = { parameters, units: this.#units, startSample, title: this.#titles.at(-1) }
    const pieces = parameters.print(this.#number, body)
    const segment: Segment = {
      number: this.#number++,
      kind: parameters.kind,
      pieces,
      bytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
      seconds: this.#samples / parameters.samplerate,
      startMs: beganMs + (this.#past / parameters.samplerate) * 1000,
      discontinuity: this.#isBroken,
      init: this.#initOf(parameters),
      titles: this.#titles,
    }
    this.#past += this.#samples
    const over = (this.#samples - this.#wanted) / parameters.samplerate
    this.#over = Math.min(over, this.#options.segmentSeconds * overShare)
    this.#units = []
    this.#samples = 0
    this.#titles = []
    this.#isBroken = false
    this.#options.onSegment(segment)
  }

  /** Parameters that come back get another number: a player keeps an initialization segment by its name. */
  #initOf(parameters: StreamParameters): InitSegment | undefined {
    const { init: bytes } = parameters
    if (bytes === undefined) return undefined
    if (this.#init?.parameters !== parameters) {
      const number = this.#options.firstNumber + this.#inits++
      this.#init = { parameters, segment: { number, bytes } }
    }
    return this.#init.segment
  }
}
