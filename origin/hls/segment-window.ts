import { joined } from '../../shared/bytes.ts'
import { extensionOf } from '../../shared/hls/kinds.ts'
import { hlsLimits } from '../../shared/hls/limits.ts'
import { type ListedTitle, PrintedPlaylist } from '../../shared/hls/media-playlist.ts'
import { objectName } from '../../shared/hls/paths.ts'
import type { Segment, SegmentTitle } from './segment.ts'
import { targetSecondsOf } from './segmenter.ts'

export interface WindowOptions {
  /** s: the wanted duration of a segment */
  segmentSeconds: number
  /** s of audio that the playlist lists; as much again is kept */
  windowSeconds: number
  /** discontinuities before the first segment: never fewer than any playlist of this mount has told */
  firstDiscontinuity: number
}

/** The newest segments of a mount: those that its playlist lists, and those kept for players with an older one. */
export class SegmentWindow {
  #options: WindowOptions
  #segments: Segment[] = []
  /** index of the first one listed */
  #listedFrom = 0
  /** s of all segments so far */
  #pushedSeconds = 0
  /** … when each of those that are not listed any more left the playlist */
  #leftAt: number[] = []
  #discontinuitySequence: number
  /** s: it grows only where a single frame or packet is longer than a segment may be */
  #targetSeconds: number
  /** s: the longest playlist so far */
  #longestSeconds = 0
  #title: SegmentTitle | undefined
  #printed: PrintedPlaylist | undefined

  constructor(options: WindowOptions) {
    this.#options = options
    this.#discontinuitySequence = options.firstDiscontinuity
    this.#targetSeconds = targetSecondsOf(options.segmentSeconds)
  }

  get targetSeconds(): number {
    return this.#targetSeconds
  }

  /** whether there is something to list */
  get hasSegments(): boolean {
    return this.#segments.length > 0
  }

  /** discontinuities up to the newest segment: a playlist that goes on from here begins with as many */
  get discontinuities(): number {
    const listed = this.#segments.slice(this.#listedFrom).filter(({ discontinuity }) => discontinuity)
    return this.#discontinuitySequence + listed.length
  }

  /** bytes held */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** segments held, oldest first */
  get segments(): readonly Segment[] {
    return this.#segments
  }

  get playlist(): PrintedPlaylist {
    this.#printed ??= this.#print()
    return this.#printed
  }

  get(number: number): Segment | undefined {
    return this.#segments[this.#indexOf(number)]
  }

  /** A segment in one piece, so that each listener gets it by one write: it is joined when the first asks for it. */
  whole(number: number): Segment | undefined {
    const at = this.#indexOf(number)
    const segment = this.#segments[at]
    if (!segment || segment.pieces.length === 1) return segment
    const whole = { ...segment, pieces: [joined(segment.pieces)] }
    this.#segments[at] = whole
    return whole
  }

  #indexOf(number: number): number {
    const [first] = this.#segments
    return first ? number - first.number : -1
  }

  /** The bytes of an initialization segment that some segment held here needs. */
  init(number: number): Uint8Array | undefined {
    return this.#segments.find(({ init }) => init?.number === number)?.init?.bytes
  }

  push(segment: Segment): void {
    this.#segments.push(segment)
    this.#pushedSeconds += segment.seconds
    this.#targetSeconds = Math.max(this.#targetSeconds, Math.round(segment.seconds))
    this.#printed = undefined
    this.#list()
    this.#forget()
  }

  /** Lists the newest: as many as fit the window, and never fewer than three target durations. */
  #list(): void {
    const seconds = Math.max(this.#options.windowSeconds, hlsLimits.windowTargetsMin * this.#targetSeconds)
    let listed = secondsOf(this.#segments.slice(this.#listedFrom))
    for (;;) {
      const oldest = this.#segments[this.#listedFrom]
      if (!oldest || listed - oldest.seconds < seconds) break
      listed -= oldest.seconds
      this.#listedFrom++
      this.#leftAt.push(this.#pushedSeconds)
      // a discontinuity counts once its tag has left the playlist (RFC 8216 §6.2.2)
      if (oldest.discontinuity) this.#discontinuitySequence++
      this.#title = oldest.titles.at(-1) ?? this.#title
    }
    this.#longestSeconds = Math.max(this.#longestSeconds, listed)
  }

  /**
   * Forgets segments that were not listed any more for as long as they and the longest playlist last (RFC 8216 §6.2.2). Several short ones
   * may leave at once, so it is counted what came since.
   */
  #forget(): void {
    let count = 0
    for (const leftAt of this.#leftAt) {
      const { seconds = 0 } = this.#segments[count] ?? {}
      if (this.#pushedSeconds - leftAt < this.#longestSeconds + seconds) break
      count++
    }
    this.#segments.splice(0, count)
    this.#leftAt.splice(0, count)
    this.#listedFrom -= count
  }

  #print(): PrintedPlaylist {
    const listed = this.#segments.slice(this.#listedFrom)
    const titles: ListedTitle[] = [
      ...(this.#title ? [this.#title] : []),
      ...listed.flatMap((each) => each.titles),
    ]
    return new PrintedPlaylist({
      targetSeconds: this.#targetSeconds,
      sequence: listed[0]?.number ?? 0,
      discontinuitySequence: this.#discontinuitySequence,
      segments: listed.map(({ number, kind, seconds, startMs, discontinuity, init }) => ({
        uri: objectName({ kind: 'segment', number, extension: extensionOf(kind) }),
        seconds,
        startMs,
        discontinuity,
        init: init === undefined ? undefined : objectName({ kind: 'init', number: init.number }),
      })),
      titles,
      ended: false,
    })
  }
}

const secondsOf = (segments: readonly Segment[]) => segments.reduce((sum, { seconds }) => sum + seconds, 0)
