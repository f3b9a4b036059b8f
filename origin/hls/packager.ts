import { hlsLimits } from '../../shared/hls/limits.ts'
import type { Chunk } from '../format/chunk.ts'
import type { MountTap } from '../mount/tap.ts'
import { hasTitlesInside, unitsFor } from './formats.ts'
import { type FirstNumbers, firstMsOf, isDue, pacedSeconds } from './numbers.ts'
import type { PackagedSource } from './packaged-source.ts'
import type { Segment } from './segment.ts'
import { SegmentWindow } from './segment-window.ts'
import { Segmenter } from './segmenter.ts'
import type { Units } from './units.ts'

export interface PackagerOptions {
  segmentSeconds: number
  windowSeconds: number
  /** whether players of this mount ask a decider where to go on */
  isSteered: boolean
  /** s of audio before now that may be packaged: what was packaged before has its numbers */
  heldSecondsMax: number
  /** the numbers to begin with. @param beganMs when its first audio was broadcast, ms since 1970 */
  first: (beganMs: number) => FirstNumbers
  /** a clock that does not step back, ms */
  nowMs: () => number
  /** the wall clock, ms since 1970 */
  wallMs: () => number
  onSegment: () => void
}

/** Packages one mount: cuts its stream into segments, and keeps the newest. It goes on when the mount ends and begins again. */
export class Packager {
  readonly #window: SegmentWindow
  /** finished, but not yet listed */
  #early: Segment[] = []
  /** the wall clock without the steps that it makes, and never behind the first number */
  readonly #ranMs: () => number
  #options: PackagerOptions
  #segmenter: Segmenter
  #units: Units | undefined
  #format: string | undefined
  #source: PackagedSource | undefined
  #leave: (() => void) | undefined
  /** ms: audio that was there before it is packaged, so it was broadcast that much earlier */
  #lateMs = 0

  /** Packages a mount, beginning with what it still holds. */
  constructor(source: PackagedSource, options: PackagerOptions) {
    const { segmentSeconds, windowSeconds, isSteered, heldSecondsMax, first, nowMs, wallMs } = options
    this.#options = options
    const { chunks, leave } = source.follow(this.#tap(source))
    const held = heldAudio(source, chunks, Math.min(heldSecondsMax, windowSeconds))
    const { segment, discontinuity } = first(wallMs() - held.seconds * 1000)
    // numbers that go on from before may be ahead of the clock: it was set back, segments became longer, or a source sent faster than time goes
    const beganMs = Math.max(wallMs(), firstMsOf(segment, segmentSeconds) + held.seconds * 1000) - nowMs()
    this.#ranMs = () => beganMs + nowMs()
    this.#window = new SegmentWindow({
      segmentSeconds,
      windowSeconds,
      firstDiscontinuity: discontinuity,
      isSteered,
      nowMs,
    })
    this.#segmenter = new Segmenter({
      segmentSeconds,
      firstNumber: segment,
      wallMs: () => wallMs() - this.#lateMs,
      secondsOf: (number, dueMs) => pacedSeconds(number, this.#lateMs > 0 ? dueMs : wallMs(), segmentSeconds),
      onSegment: (segment) => {
        this.#early.push(segment)
        this.#list()
      },
    })
    this.#play(source, held, leave)
  }

  /** the numbers with which another packager goes on from here: its first segment does not follow the last of this one */
  get next(): FirstNumbers {
    const last = this.#window.segments.at(-1)?.number
    const segment = last === undefined ? this.#segmenter.firstNumber : last + 1
    return { segment, discontinuity: this.#window.discontinuities + 1 }
  }

  /** the segments that may be listed by now */
  get window(): SegmentWindow {
    this.#list()
    return this.#window
  }

  /**
   * Lists segments when it is their time (see {@link isDue}), or when players would miss them. While its source is away, those that wait go
   * on waiting for it: it may play at another master by now, whose numbers begin at the clock.
   */
  #list(): void {
    if (!this.#source || this.#early.length === 0) return // asked by each request
    const { segmentSeconds, wallMs, onSegment } = this.#options
    for (let [first] = this.#early; first; [first] = this.#early) {
      // the clock may have been set back
      const atMs = Math.max(wallMs(), this.#ranMs())
      const isMissed = this.#early.length > hlsLimits.earlySegments
      if (!isMissed && !isDue(first.number, atMs, segmentSeconds)) return
      this.#early.shift()
      this.#window.push(first)
      onSegment()
    }
  }

  /**
   * Packages this mount from now on; undefined: it has ended. It begins with what comes, since players have heard the seconds before;
   * with what the mount holds if there is no segment yet.
   */
  follow(source: PackagedSource | undefined): void {
    if (source === this.#source) return
    this.stop()
    if (!source) return
    const { chunks, leave } = source.follow(this.#tap(source))
    const held = this.#window.hasSegments || this.#early.length > 0 ? [] : chunks
    this.#play(source, heldAudio(source, held, this.#options.windowSeconds), leave)
  }

  #play(source: PackagedSource, { chunks, seconds }: HeldAudio, leave: () => void): void {
    this.#source = source
    this.#leave = leave
    this.#lateMs = seconds * 1000
    for (const chunk of chunks) this.#push(source, chunk)
    this.#lateMs = 0
    if (source.title !== '') this.#tell(source, source.title)
  }

  /** Ends the segment that is being filled, and follows no mount any more. */
  stop(): void {
    this.#leave?.()
    this.#leave = undefined
    this.#units = undefined
    this.#segmenter.break()
    this.#source = undefined
  }

  #tap(source: PackagedSource): MountTap {
    return {
      chunk: (chunk) => this.#push(source, chunk),
      title: (title) => this.#tell(source, title),
      broken: () => {
        this.#units = undefined
        this.#segmenter.break()
      },
    }
  }

  #tell({ format }: PackagedSource, title: string): void {
    if (!hasTitlesInside(format)) this.#segmenter.setTitle(title, undefined)
  }

  #push(source: PackagedSource, chunk: Chunk): void {
    if (!this.#units || this.#format !== source.format) {
      this.#format = source.format
      this.#units = unitsFor(source, this.#segmenter)
    }
    this.#units?.push(chunk)
    this.#list()
  }
}

/** Audio that a mount holds for its listeners, and its duration in s. */
interface HeldAudio {
  chunks: readonly Chunk[]
  seconds: number
}

/** The newest of these chunks, so many s of audio at most. */
function heldAudio(source: PackagedSource, chunks: readonly Chunk[], secondsMax: number): HeldAudio {
  const seconds = secondsIn(source, chunks)
  if (seconds <= secondsMax) return { chunks, seconds }
  const bytes = chunks.reduce((sum, each) => sum + each.bytes.length, 0)
  let skip = bytes * (1 - secondsMax / seconds)
  const newest = chunks.filter((each) => {
    skip -= each.bytes.length
    return skip < 0
  })
  return { chunks: newest, seconds: secondsIn(source, newest) }
}

/** s of the audio as it is packaged: a bitrate says that only roughly, and numbers and dates depend on it. */
function secondsIn(source: PackagedSource, chunks: readonly Chunk[]): number {
  let seconds = 0
  const segmenter = new Segmenter({
    segmentSeconds: hlsLimits.segmentSecondsMax,
    firstNumber: 0,
    wallMs: () => 0,
    onSegment: (segment) => {
      seconds += segment.seconds
    },
  })
  const units = unitsFor(source, segmenter)
  for (const chunk of chunks) units?.push(chunk)
  segmenter.break()
  return seconds
}
