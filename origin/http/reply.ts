import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { serverAgent } from '../../shared/version.ts'
import type { HeaderRule } from '../config/xml/headers.ts'
import { runtimeTimers, type Timers } from '../lib/timers.ts'
import { limits } from '../limits.ts'
import { withRules } from './header-rules.ts'

/** A printed answer. */
export interface Answer {
  status: number
  bytes: Uint8Array
}

/** An answer that is not a stream. */
export interface Reply {
  version: '1.0' | '1.1'
  status: number
  headers?: Iterable<readonly [string, string]>
  /** configured headers */
  rules?: readonly HeaderRule[]
  body?: Uint8Array | string
  /** for a HEAD: has the length of the body, but not the body */
  headOnly?: boolean
  /** the connection stays open for another request: use {@link keep}, not {@link finish} */
  keepAlive?: boolean
}

const noBytes = new Uint8Array(0)

/** The request to answer. */
interface Answered {
  socket: Socket
  exchange: { status: number | undefined }
}

interface Kept extends Answered {
  readNext: () => void
}

/** The beginning of an answer's head: the status, and the headers with the configured ones; each line ends in CRLF. */
export function printHead({
  version,
  status,
  headers = [],
  rules = [],
  keepAlive = false,
}: Omit<Reply, 'body' | 'headOnly'>): string {
  const own = [
    ['Server', serverAgent],
    ['Connection', keepAlive ? 'keep-alive' : 'close'],
    ['Date', new Date().toUTCString()],
    ...headers,
  ] as const
  let head = `HTTP/${version} ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
  for (const [name, value] of withRules(own, rules, status)) head += `${name}: ${value}\r\n`
  return head
}

/** The bytes of an answer; it always has a length, and the connection closes after it unless `keepAlive` is set. */
export function printReply({ body = '', headOnly = false, ...reply }: Reply): Answer {
  const { status } = reply
  const content = typeof body === 'string' ? Buffer.from(body) : body
  let head = printHead(reply)
  if (status !== 204 && status !== 304) head += `Content-Length: ${content.length}\r\n`
  const start = Buffer.from(`${head}\r\n`, 'latin1')
  return { status, bytes: headOnly ? start : Buffer.concat([start, content]) }
}

/** Answers in plain text. */
export const textReply = (
  version: '1.0' | '1.1',
  status: number,
  text: string,
  rules: readonly HeaderRule[] = [],
  headers: readonly (readonly [name: string, value: string])[] = [],
): Answer =>
  printReply({
    version,
    status,
    rules,
    headers: [['Content-Type', 'text/plain; charset=utf-8'], ...headers],
    body: `${text}\r\n`,
  })

/**
 * Writes an answer and closes. Bytes that the client still sends are read for a while and discarded: closing with unread
 * bytes would reset the connection, and the client could lose the answer (RFC 9112 §9.6).
 * @param onTaken called once, when the system has accepted the whole answer or the connection is gone
 */
export function finish(
  { socket, exchange }: Answered,
  { status, bytes }: Answer,
  onTaken?: () => void,
): void {
  exchange.status = status
  endSoon(socket, bytes, onTaken)
}

/** Writes an answer, then reads another request from the connection. */
export function keep({ socket, exchange, readNext }: Kept, { status, bytes }: Answer): void {
  exchange.status = status
  socket.write(bytes)
  readNext()
}

/** As {@link finish}, after the status is recorded: writes the last bytes, if any. */
export function endSoon(socket: Socket, bytes: Uint8Array = noBytes, onTaken: () => void = () => {}): void {
  socket.resume()
  sendPieces(socket, bytes, runtimeTimers, () => {
    onTaken()
    if (socket.destroyed) return
    socket.end()
    const cancel = runtimeTimers.after(limits.lingerMs, () => socket.destroy())
    socket.once('close', cancel)
  })
}

/** The part of a socket that writing an answer needs. */
export interface AnswerSocket {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

/**
 * Writes an answer piece by piece, each when the system has accepted the one before: a client that reads nothing for a while
 * is disconnected, a slow one gets the whole answer.
 * @param onDone called once, when the system has accepted everything or the connection is gone
 */
export function sendPieces(
  socket: AnswerSocket,
  bytes: Uint8Array,
  timers: Pick<Timers, 'after'>,
  onDone: () => void,
): void {
  let at = 0
  let isDone = false
  let cancel = () => {}
  const finish = () => {
    if (isDone) return
    isDone = true
    cancel()
    onDone()
  }
  const next = (error?: Error | null) => {
    cancel()
    if (isDone) return
    if (error || at >= bytes.length) return finish()
    const piece = bytes.subarray(at, at + limits.answerPieceBytes)
    at += piece.length
    cancel = timers.after(limits.answerStallMs, () => socket.destroy())
    socket.write(piece, next)
  }
  socket.once('close', finish)
  next()
}

/** The methods of a mount: libshout uses PUT if it is listed here (docs/icecast.md#how-sources-connect). */
export const allowHeader = ['Allow', 'GET, HEAD, OPTIONS, PUT, POST, SOURCE'] as const
