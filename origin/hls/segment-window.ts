import { joined } from '../../shared/bytes.ts'
import { extensionOf } from '../../shared/hls/kinds.ts'
import { hlsLimits } from '../../shared/hls/limits.ts'
import { type ListedTitle, PrintedPlaylist } from '../../shared/hls/media-playlist.ts'
import { objectName } from '../../shared/hls/paths.ts'
import { behindSeconds } from './behind.ts'
import type { Segment, SegmentTitle } from './segment.ts'
import { targetSecondsOf } from './segmenter.ts'

export interface WindowOptions {
  /** s: the wanted duration of a segment */
  segmentSeconds: number
  /** s of audio that the playlist lists; as much again is kept */
  windowSeconds: number
  /** discontinuities before the first segment: never fewer than any playlist of this mount has told */
  firstDiscontinuity: number
  /** players ask where to go on, so they begin early enough to hear audio until they have left a server that died */
  isSteered: boolean
  /** a clock that does not step back, ms */
  nowMs: () => number
}

/** When a segment left the playlist: ms, and s of all segments until then. */
interface Leaving {
  ms: number
  pushedSeconds: number
}

/** The newest segments of a mount: those that its playlist lists, and those kept for players with an older one. */
export class SegmentWindow {
  #options: WindowOptions
  #segments: Segment[] = []
  /** index of the first one listed */
  #listedFrom = 0
  /** s of all segments so far */
  #pushedSeconds = 0
  /** of each of those that are not listed any more */
  #leavings: Leaving[] = []
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

  /** s that the playlist lists: as long as the window, and never less than three target durations */
  get #listedSeconds(): number {
    return Math.max(this.#options.windowSeconds, hlsLimits.windowTargetsMin * this.#targetSeconds)
  }

  /** Lists the newest. */
  #list(): void {
    const seconds = this.#listedSeconds
    let listed = secondsOf(this.#segments.slice(this.#listedFrom))
    for (;;) {
      const oldest = this.#segments[this.#listedFrom]
      if (!oldest || listed - oldest.seconds < seconds) break
      listed -= oldest.seconds
      this.#listedFrom++
      this.#leavings.push({ ms: this.#options.nowMs(), pushedSeconds: this.#pushedSeconds })
      // a discontinuity counts once its tag has left the playlist (RFC 8216 §6.2.2)
      if (oldest.discontinuity) this.#discontinuitySequence++
      this.#title = oldest.titles.at(-1) ?? this.#title
    }
    this.#longestSeconds = Math.max(this.#longestSeconds, listed)
  }

  /**
   * Forgets segments that were not listed any more for as long as they and the longest playlist last (RFC 8216 §6.2.2): by the clock, since
   * those that waited may be listed all at once. A source that sends faster than time goes does not get more kept than could have waited.
   */
  #forget(): void {
    const nowMs = this.#options.nowMs()
    const waitedSeconds = (hlsLimits.earlySegments + 1) * this.#targetSeconds
    let count = 0
    for (const { ms, pushedSeconds } of this.#leavings) {
      const keptSeconds = this.#longestSeconds + (this.#segments[count]?.seconds ?? 0)
      const isFresh = nowMs - ms < keptSeconds * 1000
      if (isFresh && this.#pushedSeconds - pushedSeconds < keptSeconds + waitedSeconds) break
      count++
    }
    this.#segments.splice(0, count)
    this.#leavings.splice(0, count)
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
      behindSeconds: this.#options.isSteered
        ? behindSeconds(this.#targetSeconds, this.#listedSeconds)
        : undefined,
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
