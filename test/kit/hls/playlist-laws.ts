import { Parser } from 'm3u8-parser'
import { readMediaPlaylist, readMultivariant } from './hls-readers.ts'

/** One segment, as both parsers read it. */
export interface SeenSegment {
  number: number
  uri: string
  seconds: number
  /** discontinuities before it, its own included, since the playlist's number was 0 */
  discontinuities: number
  /** when it was broadcast, ms since 1970, by the last date told and the durations since then */
  startMs: number
  /** its `EXT-X-MAP`; undefined for packed audio */
  init: string | undefined
}

export interface SeenPlaylist {
  sequence: number
  discontinuitySequence: number
  targetSeconds: number
  /** s before its end at which players begin (`EXT-X-START`); undefined: it does not say */
  behindSeconds: number | undefined
  segments: readonly SeenSegment[]
}

/**
 * Reads a media playlist by the parsers of hls-parser and of video.js.
 * @throws if one of them finds it not legal, if they do not agree, or if it breaks a law that one playlist alone can break
 */
export function readPlaylist(text: string): SeenPlaylist {
  const read = readMediaPlaylist(text)
  const { manifest } = parsed(text)
  const sequence = read.mediaSequenceBase ?? 0
  const discontinuitySequence = read.discontinuitySequenceBase ?? 0
  same('media sequence', sequence, manifest.mediaSequence)
  same('discontinuity sequence', discontinuitySequence, manifest.discontinuitySequence)
  same('target duration', read.targetDuration, manifest.targetDuration)
  const behindSeconds = read.start && -read.start.offset
  same('start', behindSeconds, manifest.start && -manifest.start.timeOffset)
  if (behindSeconds !== undefined && !(behindSeconds > 3 * read.targetDuration))
    throw new Error(`players begin ${behindSeconds} s before the end, within three target durations`)
  same('number of segments', read.segments.length, manifest.segments.length)
  let discontinuities = discontinuitySequence
  let startMs: number | undefined
  const segments: SeenSegment[] = []
  for (const [i, segment] of read.segments.entries()) {
    const other = manifest.segments[i]
    const { duration: seconds, uri } = segment
    const isBroken = segment.discontinuity === true
    same('discontinuity', isBroken, other?.discontinuity === true)
    same('duration', seconds, other?.duration)
    same('uri', uri, other?.uri)
    if (isBroken) discontinuities++
    startMs = segment.programDateTime?.getTime() ?? startMs
    if (startMs === undefined || (isBroken && !segment.programDateTime))
      throw new Error(`segment ${uri} has no date`)
    const init = segment.map?.uri
    same('initialization segment', init, other?.map?.uri)
    const before = segments.at(-1)
    if (before && before.init !== init && !isBroken)
      throw new Error(`segment ${uri} has another initialization segment without a discontinuity`)
    segments.push({ number: sequence + i, uri, seconds, discontinuities, startMs, init })
    startMs += seconds * 1000
  }
  return { sequence, discontinuitySequence, targetSeconds: read.targetDuration, behindSeconds, segments }
}

/** Reads a multivariant playlist by both parsers. @throws if one of them finds it not legal, or if they do not agree */
export function checkMultivariant(text: string): void {
  const { variants } = readMultivariant(text)
  const playlists = parsed(text).manifest.playlists ?? []
  same('urls', variants.map(({ uri }) => uri).join(' '), playlists.map(({ uri }) => uri).join(' '))
}

function parsed(text: string): Parser {
  const parser = new Parser()
  parser.on('warn', ({ message }) => {
    throw new Error(`m3u8-parser: ${message}`)
  })
  parser.push(text)
  parser.end()
  return parser
}

function same(what: string, ours: unknown, theirs: unknown): void {
  if (ours !== theirs) throw new Error(`the parsers do not agree about the ${what}: ${ours} and ${theirs}`)
}

/** ms by which dates differ that are printed in whole ms */
const dateSlackMs = 2

/**
 * Whether a playlist may follow another of the same mount, at the same server or another one that is not behind (RFC 8216 §6.2.1, §6.2.2).
 * @throws with the law that is broken
 */
export function checkSuccession(before: SeenPlaylist, after: SeenPlaylist): void {
  const holds = (law: string, isHeld: boolean) => {
    if (!isHeld) throw new Error(`${law}: ${print(before)}, then ${print(after)}`)
  }
  holds('the media sequence never goes back', after.sequence >= before.sequence)
  holds(
    'the discontinuity sequence never goes back',
    after.discontinuitySequence >= before.discontinuitySequence,
  )
  holds('the target duration does not change', after.targetSeconds === before.targetSeconds)
  holds('the start does not change', after.behindSeconds === before.behindSeconds)
  const [oldest, newest] = [before.segments[0], before.segments.at(-1)]
  const last = after.segments.at(-1)
  if (!oldest || !newest || !last) return
  holds('no segment is taken back', last.number >= newest.number)
  for (const segment of after.segments) {
    const known = before.segments[segment.number - before.sequence]
    if (!known) continue
    holds(
      `segment ${segment.number} keeps its names and duration`,
      known.uri === segment.uri && known.seconds === segment.seconds && known.init === segment.init,
    )
    holds(
      `segment ${segment.number} keeps its discontinuity number`,
      known.discontinuities === segment.discontinuities,
    )
    holds(
      `segment ${segment.number} keeps its date`,
      Math.abs(known.startMs - segment.startMs) <= dateSlackMs,
    )
  }
  const next = after.segments.find(({ number }) => number > newest.number)
  if (next && next.number > newest.number + 1)
    holds(
      'what follows a hole is a discontinuity, or later on the same timeline',
      next.discontinuities > newest.discontinuities ||
        next.startMs + dateSlackMs >= newest.startMs + newest.seconds * 1000,
    )
  // RFC 8216 §6.2.2: a playlist out of which segments were taken lasts three target durations
  const seconds = after.segments.reduce((sum, each) => sum + each.seconds, 0)
  if (after.sequence > before.sequence && after.sequence <= newest.number)
    holds('segments leave only a playlist that is long enough', seconds >= 3 * after.targetSeconds)
}

const print = ({ sequence, discontinuitySequence, targetSeconds, segments }: SeenPlaylist) =>
  `${segments.length} segments from ${sequence}, discontinuity ${discontinuitySequence}, target ${targetSeconds} s`

/** The playlists that one observer sees, each held against all laws when it is added. */
export class WatchedPlaylist {
  #last: SeenPlaylist | undefined

  get last(): SeenPlaylist | undefined {
    return this.#last
  }

  add(text: string): SeenPlaylist {
    const read = readPlaylist(text)
    if (this.#last) checkSuccession(this.#last, read)
    this.#last = read
    return read
  }
}
