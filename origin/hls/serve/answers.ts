import { gzipSync } from 'node:zlib'
import { mountHeaders } from '../../../shared/draw/redirect.ts'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import type { ServedPlaylist, ServedSegment } from '../../../shared/hls/served.ts'
import type { HeaderRule } from '../../config/xml/headers.ts'
import type { Connection } from '../../http/connection.ts'
import { printHead } from '../../http/reply.ts'
import { runtimeTimers as timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'

/** Any page may play it. */
const cors = [
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', '*'],
] as const

export const playlistType = 'application/vnd.apple.mpegurl'

/** An answer whose body is in pieces, which are not copied. */
export interface PiecedAnswer {
  status: number
  headers: readonly (readonly [string, string])[]
  pieces: readonly Uint8Array[]
  /** length of all pieces */
  bytes: number
}

/** A multivariant playlist: it is made for one session, so it is never kept. */
export function multivariantAnswer(text: string): PiecedAnswer {
  const body = Buffer.from(text)
  const headers = [['Content-Type', playlistType], ['Cache-Control', 'no-store'], ...cors] as const
  return { status: 200, headers, pieces: [body], bytes: body.length }
}

/**
 * A media playlist: players may keep it for half of the time until the next segment. A player that takes gzip gets it packed: the
 * usual one of 15 segments is then a quarter as long.
 * @param encodings the `Accept-Encoding` header
 */
export function playlistAnswer(
  playlist: ServedPlaylist,
  query: string,
  encodings: string | undefined,
): PiecedAnswer {
  const text = Buffer.from(playlist.textFor(query))
  const packed = takesGzip(encodings) ? gzipSync(text) : text
  const isPacked = packed.length < text.length
  const body = isPacked ? packed : text
  const headers: (readonly [string, string])[] = [
    ['Content-Type', playlistType],
    ['Cache-Control', `max-age=${Math.max(1, Math.floor(playlist.targetSeconds / 2))}`],
    ['Vary', 'Accept-Encoding'],
    ...cors,
  ]
  if (isPacked) headers.push(['Content-Encoding', 'gzip'])
  return { status: 200, headers, pieces: [body], bytes: body.length }
}

/** Whether a client takes gzip (RFC 9110 §12.5.3); `q=0` rejects it. */
function takesGzip(encodings: string | undefined): boolean {
  for (const [name = '', weight] of (encodings ?? '').split(',').map((coding) => coding.split(';')))
    if (/^(?:gzip|x-gzip)$/i.test(name.trim())) return !/^\s*q=0(?:\.0*)?\s*$/i.test(weight ?? '')
  return false
}

/** A redirect to the edge or to another server, by the headers of every redirect (docs/protocol.md#headers-of-a-redirect). */
export const redirectAnswer = (location: string): PiecedAnswer => ({
  status: 302,
  headers: [...Object.entries(mountHeaders), ['Location', location]],
  pieces: [],
  bytes: 0,
})

/** A segment never changes, so it is kept wherever it passes. @param range the `Range` header */
export function segmentAnswer(
  { type, pieces, bytes }: ServedSegment,
  range: string | undefined,
): PiecedAnswer {
  const headers = [
    ['Content-Type', type],
    ['Cache-Control', 'public, max-age=3600, immutable'],
    ['Accept-Ranges', 'bytes'],
    ...cors,
  ] as const
  const part = parseRange(range, bytes)
  if (part === undefined) return { status: 200, headers, pieces, bytes }
  if (part === 'outside')
    return { status: 416, headers: [...headers, ['Content-Range', `bytes */${bytes}`]], pieces: [], bytes: 0 }
  const [from, to] = part
  const contentRange = ['Content-Range', `bytes ${from}-${to - 1}/${bytes}`] as const
  return { status: 206, headers: [...headers, contentRange], pieces: cut(pieces, from, to), bytes: to - from }
}

/** An error, which may be kept for a moment: a thousand players may ask for the same object. */
export function errorAnswer(status: number, text: string, more: readonly (readonly [string, string])[] = []) {
  const body = Buffer.from(`${text}\n`)
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
function parseRange(header: string | undefined, length: number): [number, number] | 'outside' | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') return last === '0' ? 'outside' : [Math.max(0, length - Number(last)), length]
  const from = Number(first)
  const to = last === '' ? length : Math.min(length, Number(last) + 1)
  if (last !== '' && Number(last) < from) return undefined
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

/**
 * Sends an answer in one write, and reads the next request of the connection if the client keeps it open: a player asks for a
 * segment every few seconds, and a new connection each time would cost more than the segment.
 */
export function sendPieced(connection: Connection, answer: PiecedAnswer, rules: readonly HeaderRule[]): void {
  const { socket, head } = connection
  const { status, pieces, bytes } = answer
  const headOnly = head.method === 'HEAD'
  const keepAlive = stays(connection)
  const headers = [...answer.headers, ['Content-Length', `${bytes}`] as const]
  const start = `${printHead({ version: head.version, status, headers, rules, keepAlive })}\r\n`
  const parts = headOnly ? [] : pieces
  const over = () => proceed(connection, keepAlive)
  socket.cork()
  socket.write(start, 'latin1', parts.length === 0 ? over : undefined)
  for (const [i, piece] of parts.entries()) socket.write(piece, i === parts.length - 1 ? over : undefined)
  socket.uncork()
  if (socket.writableLength > 0) watchTaking(connection)
}

/** Whether the connection stays open for another request. */
const stays = ({ head, answered }: Connection): boolean => {
  const wish = head.headers.get('connection')?.toLowerCase()
  const isKept = head.version === '1.1' ? wish !== 'close' : wish === 'keep-alive'
  return isKept && answered + 1 < hlsLimits.requestsMax
}

function proceed({ socket, readNext }: Connection, keepAlive: boolean): void {
  if (socket.destroyed) return
  if (keepAlive) readNext()
  else {
    socket.resume() // what the client still sends is discarded
    socket.end()
    const cancel = timers.after(limits.lingerMs, () => socket.destroy())
    socket.once('close', cancel)
  }
}

/** Disconnects a client that reads nothing of an answer for a while. */
function watchTaking({ socket }: Connection): void {
  let left = socket.writableLength
  const look = (): (() => void) =>
    timers.after(limits.answerStallMs, () => {
      const { writableLength } = socket
      if (writableLength === 0) socket.off('close', stop)
      else if (writableLength >= left) socket.destroy()
      else {
        left = writableLength
        cancel = look()
      }
    })
  let cancel = look()
  const stop = () => cancel()
  socket.once('close', stop)
}
