import { mountHeaders } from '../draw/redirect.ts'
import type { Gzip } from '../http/takes-gzip.ts'
import type { ServedPlaylist, ServedSegment } from './served.ts'

/** Any page may play it. */
const cors = [
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', '*'],
] as const

export const playlistType = 'application/vnd.apple.mpegurl'
const encoder = new TextEncoder()

/** An answer whose body is in pieces, which are not copied. */
export interface PiecedAnswer {
  status: number
  headers: readonly (readonly [string, string])[]
  pieces: readonly Uint8Array[]
  /** length of all pieces */
  bytes: number
}

/** A text, packed where that makes it shorter. */
function textAnswer(
  whole: string,
  headers: readonly (readonly [string, string])[],
  gzip: Gzip | undefined,
): PiecedAnswer {
  const text = encoder.encode(whole)
  const packed = gzip?.(text) ?? text
  const isPacked = packed.length < text.length
  const body = isPacked ? packed : text
  const coding = isPacked ? ([['Content-Encoding', 'gzip']] as const) : []
  return {
    status: 200,
    headers: [...headers, ['Vary', 'Accept-Encoding'], ...coding],
    pieces: [body],
    bytes: body.length,
  }
}

/**
 * A multivariant playlist: it is made for one session, so it is never kept.
 * @param gzip if the player takes it
 */
export function multivariantAnswer(text: string, gzip?: Gzip): PiecedAnswer {
  const headers = [['Content-Type', playlistType], ['Cache-Control', 'no-store'], ...cors] as const
  return textAnswer(text, headers, gzip)
}

/** A steering manifest: the answer to one player at one moment. @param manifest undefined: no server can have the session */
export function steeringAnswer(manifest: string | undefined): PiecedAnswer {
  if (manifest === undefined) return errorAnswer(404, 'no server carries this mount, or none has room')
  const body = encoder.encode(manifest)
  const headers = Object.entries({
    ...mountHeaders,
    'Cache-Control': 'no-store',
    'Content-Type': 'application/json',
  })
  return { status: 200, headers, pieces: [body], bytes: body.length }
}

/**
 * A media playlist: players may keep it for half of the time until the next segment. A player that takes gzip gets it packed: the
 * usual one of 15 segments is then a quarter as long.
 * @param gzip if the player takes it
 */
export function playlistAnswer(playlist: ServedPlaylist, query: string, gzip?: Gzip): PiecedAnswer {
  const { isPrivate, targetSeconds } = playlist
  return textAnswer(playlist.textFor(query), agedHeaders(targetSeconds, isPrivate === true), gzip)
}

function agedHeaders(targetSeconds: number, isPrivate: boolean) {
  const age = `max-age=${Math.max(1, Math.floor(targetSeconds / 2))}`
  return [
    ['Content-Type', playlistType],
    ['Cache-Control', isPrivate ? `private, ${age}` : age],
    ...cors,
  ] as const
}

/** A playlist as one session gets it. */
export interface PlaylistText {
  targetSeconds: number
  /** its mount asks who may listen */
  isPrivate?: boolean | undefined
  text: Uint8Array
  isPacked?: boolean
}

/** {@link playlistAnswer} of a playlist that is prepared for many sessions. */
export function preparedAnswer({ targetSeconds, isPrivate, text, isPacked }: PlaylistText): PiecedAnswer {
  const headers = playlistHeaders(targetSeconds, isPrivate === true, isPacked === true)
  return { status: 200, headers, pieces: [text], bytes: text.length }
}

/** lists of headers that are kept: the target durations of all mounts */
const knownHeadersMax = 100
/** The same list for all answers of a kind, so that what is printed from it may be kept too. */
const knownHeaders = new Map<number, PiecedAnswer['headers']>()

function playlistHeaders(
  targetSeconds: number,
  isPrivate: boolean,
  isPacked: boolean,
): PiecedAnswer['headers'] {
  const key = targetSeconds * 4 + (isPrivate ? 2 : 0) + (isPacked ? 1 : 0)
  const known = knownHeaders.get(key)
  if (known) return known
  const headers: PiecedAnswer['headers'] = [
    ...agedHeaders(targetSeconds, isPrivate),
    ['Vary', 'Accept-Encoding'],
    ...(isPacked ? ([['Content-Encoding', 'gzip']] as const) : []),
  ]
  if (knownHeaders.size < knownHeadersMax) knownHeaders.set(key, headers)
  return headers
}

/** A redirect to the edge or to another server, by the headers of every redirect (docs/protocol.md#headers-of-a-redirect). */
export const redirectAnswer = (location: string): PiecedAnswer => ({
  status: 302,
  headers: [...Object.entries(mountHeaders), ['Location', location]],
  pieces: [],
  bytes: 0,
})

/**
 * A segment never changes, so it is kept wherever it passes.
 * @param range the `Range` header
 * @param isGuarded its mount asks who may listen: no cache on the way may give it to others
 */
export function segmentAnswer(
  segment: ServedSegment,
  range: string | undefined,
  isGuarded = false,
): PiecedAnswer {
  const whole = wholeAnswer(segment, isGuarded || segment.isPrivate === true)
  if (range === undefined) return whole
  const { headers, pieces, bytes } = whole
  const part = parseRange(range, bytes)
  if (part === undefined) return whole
  if (part === 'outside') return outsideAnswer(bytes)
  const [from, to] = part
  const contentRange = ['Content-Range', `bytes ${from}-${to - 1}/${bytes}`] as const
  return { status: 206, headers: [...headers, contentRange], pieces: cut(pieces, from, to), bytes: to - from }
}

/** A range that the segment does not have. A cache that kept this could answer it to others, who ask for the whole (RFC 9111 §3). */
const outsideAnswer = (bytes: number): PiecedAnswer => ({
  status: 416,
  headers: [
    ['Cache-Control', 'no-store'],
    ['Accept-Ranges', 'bytes'],
    ...cors,
    ['Content-Range', `bytes */${bytes}`],
  ],
  pieces: [],
  bytes: 0,
})

/** by segment: a thousand listeners ask for the same one */
const publicAnswers = new WeakMap<ServedSegment, PiecedAnswer>()
const privateAnswers = new WeakMap<ServedSegment, PiecedAnswer>()

function wholeAnswer(segment: ServedSegment, isPrivate: boolean): PiecedAnswer {
  const answers = isPrivate ? privateAnswers : publicAnswers
  const known = answers.get(segment)
  if (known) return known
  const { type, pieces, bytes } = segment
  const headers = [
    ['Content-Type', type],
    ['Cache-Control', `${isPrivate ? 'private' : 'public'}, max-age=3600, immutable`],
    ['Accept-Ranges', 'bytes'],
    ...cors,
  ] as const
  const whole = { status: 200, headers, pieces, bytes }
  answers.set(segment, whole)
  return whole
}

/** An error, which may be kept for a moment: a thousand players may ask for the same object. */
export function errorAnswer(status: number, text: string, more: readonly (readonly [string, string])[] = []) {
  const body = encoder.encode(`${text}\n`)
  const cache = status === 404 ? 'max-age=1' : 'no-store'
  const headers = [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Cache-Control', cache],
    ...cors,
    ...more,
  ] as const
  return { status, headers, pieces: [body], bytes: body.length } satisfies PiecedAnswer
}

/**
 * One range of bytes, as first and last + 1; `outside` if the object has none of them. Several ranges, and what is not a range of
 * bytes, are ignored, as RFC 9110 §14.2 allows.
 */
function parseRange(header: string, length: number): [number, number] | 'outside' | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  // so many bytes at the end, or from one byte to another or to the end
  const from = first === '' ? Math.max(0, length - Number(last)) : Number(first)
  const to = first === '' || last === '' ? length : Math.min(length, Number(last) + 1)
  if (first !== '' && last !== '' && Number(last) < from) return undefined
  return from >= length ? 'outside' : [from, to]
}

function cut(pieces: readonly Uint8Array[], from: number, to: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  let start = 0
  for (const piece of pieces) {
    const [begin, end] = [Math.max(0, from - start), Math.min(piece.length, to - start)]
    if (begin < end) parts.push(piece.subarray(begin, end))
    start += piece.length
  }
  return parts
}
