import { hlsLimits } from './limits.ts'

/** A media playlist of a master, in the form in which a session gets it. */
export interface MirroredPlaylist {
  /** s */
  targetSeconds: number
  /** The text with a query at each segment. @param query with its `?`, or empty */
  textFor(query: string): string
  /** Whether its master may have a segment of this number, or an initialization segment: one listed, or gone or made lately. */
  mayHave(kind: 'segment' | 'init', number: number): boolean
}

const slot = '\u0001'
/** characters at which some player ends a line: what follows them would be another line, such as a segment elsewhere */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters
const otherLineEnd = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]/
/** names of segments as a master prints them */
const uri = /^(?:0|[1-9]\d{0,14})\.(?:mp3|aac|m4s)$/
const map = /^#EXT-X-MAP:URI="(init-\d{1,15}\.mp4)"$/
/** tags that a master prints: none of them names a place, as a key or a part of a segment would */
const tag =
  /^#EXT(?:INF|-X-(?:VERSION|TARGETDURATION|START|MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE|DISCONTINUITY|PROGRAM-DATE-TIME|DATERANGE|ENDLIST))(?::|$)/

/**
 * Reads a media playlist as our masters print it; undefined for anything else: a slave passes nothing on that it does not know, so a
 * master's mistake cannot send players elsewhere.
 */
export function readMirrored(text: string): MirroredPlaylist | undefined {
  if (text.length > hlsLimits.playlistBytesMax || otherLineEnd.test(text)) return undefined
  const [first, ...lines] = text.split('\n')
  if (first !== '#EXTM3U' || lines.pop() !== '') return undefined
  const printed: string[] = [first]
  let targetSeconds: number | undefined
  for (const line of lines) {
    const [, init] = map.exec(line) ?? []
    const [, target] = /^#EXT-X-TARGETDURATION:([1-9]\d{0,3})$/.exec(line) ?? []
    if (target !== undefined) targetSeconds = Number(target)
    if (init !== undefined) printed.push(`#EXT-X-MAP:URI="${init}${slot}"`)
    else if (uri.test(line)) printed.push(`${line}${slot}`)
    else if (tag.test(line)) printed.push(line)
    else return undefined
  }
  const whole = `${printed.join('\n')}\n`
  if (targetSeconds === undefined) return undefined
  return { targetSeconds, textFor: (query) => whole.replaceAll(slot, query), mayHave: numbersAround(lines) }
}

/** As many segments as a playlist lists are kept after they left it, and a newer one may be known elsewhere. */
function numbersAround(lines: readonly string[]): MirroredPlaylist['mayHave'] {
  const segments = lines.filter((line) => uri.test(line)).map((line) => Number.parseInt(line, 10))
  const inits = new Set(lines.map((line) => map.exec(line)?.[1]))
  const around = segments.length + hlsLimits.unlistedSegments
  const [from = 0] = segments
  const to = segments.at(-1) ?? Number.POSITIVE_INFINITY
  return (kind, number) =>
    (number >= from - around && number <= to + around) || (kind === 'init' && inits.has(`init-${number}.mp4`))
}
