/** One segment as a media playlist lists it. */
export interface ListedSegment {
  /** its name, relative to the playlist: `17.mp3` */
  uri: string
  /** exact, to a microsecond */
  seconds: number
  /** when its first sample was broadcast, ms since 1970 */
  startMs: number
  /** it does not follow the one before: another source, other parameters, or audio is missing */
  discontinuity: boolean
  /** its `EXT-X-MAP`, relative to the playlist; undefined for packed audio */
  init: string | undefined
}

/** A title and when it began. */
export interface ListedTitle {
  id: string
  startMs: number
  title: string
  artist: string | undefined
}

export interface MediaPlaylist {
  /** s: an integer that no segment's rounded duration exceeds */
  targetSeconds: number
  /** s before its end at which players should begin; undefined: where they begin by themselves, at three target durations */
  behindSeconds: number | undefined
  /** number of the first segment listed */
  sequence: number
  /** discontinuities before the first segment listed */
  discontinuitySequence: number
  segments: readonly ListedSegment[]
  /** those that begin within the playlist, and the one valid at its beginning */
  titles: readonly ListedTitle[]
  /** no segment will follow */
  ended: boolean
}

/** A character that no URI or text of a playlist holds: it stands where a session's query is inserted. */
const slot = '\u0001'

/**
 * A printed media playlist, of which each session gets a copy with its own `s=` at each segment: players ask for segments by the
 * playlist's lines, and a query of the playlist's own URL is not passed on.
 */
export class PrintedPlaylist {
  /** s */
  readonly targetSeconds: number
  readonly #text: string

  constructor(playlist: MediaPlaylist) {
    this.targetSeconds = playlist.targetSeconds
    this.#text = printWithSlots(playlist)
  }

  /** @param query with its `?`, or empty */
  textFor(query: string): string {
    return this.#text.replaceAll(slot, query)
  }
}

/** RFC 8216; a version of 6 where there is an `EXT-X-MAP`. */
function printWithSlots(playlist: MediaPlaylist): string {
  const { targetSeconds, behindSeconds, sequence, discontinuitySequence, segments, titles } = playlist
  const hasInit = segments.some(({ init }) => init !== undefined)
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${hasInit ? 6 : 3}`,
    `#EXT-X-TARGETDURATION:${targetSeconds}`,
    ...(behindSeconds === undefined ? [] : [`#EXT-X-START:TIME-OFFSET=-${behindSeconds}`]),
    `#EXT-X-MEDIA-SEQUENCE:${sequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`,
    ...titles.map(printTitle),
  ]
  let init: string | undefined
  for (const segment of segments) {
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY')
    if (segment.init !== undefined && (segment.init !== init || segment.discontinuity))
      lines.push(`#EXT-X-MAP:URI="${segment.init}${slot}"`)
    init = segment.init
    // the following segments continue from it, so players add their durations up
    if (segment === segments[0] || segment.discontinuity)
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.startMs).toISOString()}`)
    lines.push(`#EXTINF:${segment.seconds.toFixed(6)},`, `${segment.uri}${slot}`)
  }
  if (playlist.ended) lines.push('#EXT-X-ENDLIST')
  return `${lines.join('\n')}\n`
}

/** An attribute of a playlist can neither hold nor escape a line end (RFC 8216 §4.2), of which JavaScript knows two more. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it removes control characters
const lineEnds = /[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g
/** nor a quotation mark */
const quoted = (text: string) => `"${text.replaceAll('"', '”').replace(lineEnds, ' ')}"`

const printTitle = ({ id, startMs, title, artist }: ListedTitle) =>
  [
    `#EXT-X-DATERANGE:ID=${quoted(id)}`,
    'CLASS="distributary.title"',
    `START-DATE=${quoted(new Date(startMs).toISOString())}`,
    'END-ON-NEXT=YES',
    `X-TITLE=${quoted(title)}`,
    ...(artist === undefined ? [] : [`X-ARTIST=${quoted(artist)}`]),
  ].join(',')
