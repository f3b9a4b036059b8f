import type { Chunk } from '../format/chunk.ts'
import type { MountTap } from '../mount/tap.ts'
import { hasTitlesInside, unitsFor } from './formats.ts'
import type { PackagedSource } from './packaged-source.ts'
import { SegmentWindow } from './segment-window.ts'
import { Segmenter } from './segmenter.ts'
import type { Units } from './units.ts'

/** The numbers with which a playlist begins: none is lower than any that players know of this mount. */
export interface FirstNumbers {
  segment: number
  /** of the first segment, which has no tag */
  discontinuity: number
}

export interface PackagerOptions {
  segmentSeconds: number
  windowSeconds: number
  first: FirstNumbers
  /** the wall clock, ms since 1970 */
  wallMs: () => number
  onSegment: () => void
}

/** Packages one mount: cuts its stream into segments, and keeps the newest. It goes on when the mount ends and begins again. */
export class Packager {
  readonly window: SegmentWindow
  #options: PackagerOptions
  #segmenter: Segmenter
  #units: Units | undefined
  #format: string | undefined
  #source: PackagedSource | undefined
  #leave: (() => void) | undefined
  /** ms: audio that was there before it is packaged, so it was broadcast that much earlier */
  #lateMs = 0

  constructor(options: PackagerOptions) {
    const { segmentSeconds, windowSeconds, first, wallMs, onSegment } = options
    this.#options = options
    this.window = new SegmentWindow({
      segmentSeconds,
      windowSeconds,
      firstDiscontinuity: first.discontinuity,
    })
    this.#segmenter = new Segmenter({
      segmentSeconds,
      firstNumber: first.segment,
      wallMs: () => wallMs() - this.#lateMs,
      onSegment: (segment) => {
        this.window.push(segment)
        onSegment()
      },
    })
  }

  /** the numbers with which another packager goes on from here: its first segment does not follow the last of this one */
  get next(): FirstNumbers {
    return { segment: this.#segmenter.nextNumber, discontinuity: this.window.discontinuities + 1 }
  }

  /**
   * Packages this mount from now on; undefined: it has ended. The first begins with what it still holds; one that follows another begins
   * with what comes, since players have heard the seconds before.
   */
  follow(source: PackagedSource | undefined): void {
    if (source === this.#source) return
    this.stop()
    this.#source = source
    if (!source) return
    const { chunks: held, leave } = source.follow(this.#tap(source))
    const chunks = this.window.hasSegments ? [] : held
    this.#leave = leave
    this.#segmenter.break()
    const heldBytes = chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)
    const heldSeconds = source.kbps > 0 ? (heldBytes * 8) / (source.kbps * 1000) : 0
    // no more than a playlist lists
    const skipSeconds = Math.max(0, heldSeconds - this.#options.windowSeconds)
    const skipBytes = heldSeconds > 0 ? (heldBytes * skipSeconds) / heldSeconds : 0
    this.#lateMs = (heldSeconds - skipSeconds) * 1000
    let past = 0
    for (const chunk of chunks) {
      if (past >= skipBytes) this.#push(source, chunk)
      past += chunk.bytes.length
    }
    this.#lateMs = 0
    if (source.title !== '') this.#tell(source, source.title)
  }

  /** Ends the segment that is being filled, and follows no mount any more. */
  stop(): void {
    this.#leave?.()
    this.#leave = undefined
    this.#source = undefined
    this.#units = undefined
    this.#segmenter.break()
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
  }
}
