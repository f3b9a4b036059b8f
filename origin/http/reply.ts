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

/** An answer that is no stream. */
export interface Reply {
  version: '1.0' | '1.1'
  status: number
  headers?: Iterable<readonly [string, string]>
  /** what the operator adds to the headers */
  rules?: readonly HeaderRule[]
  body?: Uint8Array | string
  /** answers a HEAD: the body's length is told, the body is not */
  headOnly?: boolean
  /** the connection stays for another request: for {@link keep} in place of {@link finish} */
  keepAlive?: boolean
}

const noBytes = new Uint8Array(0)

/** Whose request an answer is for. */
interface Answered {
  socket: Socket
  exchange: { status: number | undefined }
}

interface Kept extends Answered {
  readNext: () => void
}

/** The head of an answer so far: its status, and its headers with what the operator adds; each line ends in CRLF. */
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

/** The bytes of an answer; its length is always told, and the connection closes behind it unless it is to be kept. */
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
): Answer =>
  printReply({
    version,
    status,
    rules,
    headers: [['Content-Type', 'text/plain; charset=utf-8']],
    body: `${text}\r\n`,
  })

/**
 * Writes an answer and closes. What the other side still sends is read for a while and thrown away: closing on unread
 * bytes would reset the connection and could take the answer with it (RFC 9112 §9.6).
 * @param onTaken called once, when the system has taken the whole answer or the connection is gone
 */
export function finish(
  { socket, exchange }: Answered,
  { status, bytes }: Answer,
  onTaken?: () => void,
): void {
  exchange.status = status
  endSoon(socket, bytes, onTaken)
}

/** Writes an answer, and has another request read from the connection. */
export function keep({ socket, exchange, readNext }: Kept, { status, bytes }: Answer): void {
  exchange.status = status
  socket.write(bytes)
  readNext()
}

/** As {@link finish}, where what was to be answered has been: the last bytes, if any. */
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

/** What is needed of a socket that an answer is written to. */
export interface AnswerSocket {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

/**
 * Writes an answer a piece at a time, each when the system has taken the one before: who takes nothing for a while is cut,
 * who takes a little now and then gets all of it.
 * @param onDone called once, when all has been taken or the connection is gone
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

/** What may be asked of a mount: libshout sends by PUT where it reads that it may (docs/icecast.md#how-sources-connect). */
export const allowHeader = ['Allow', 'GET, HEAD, OPTIONS, PUT, POST, SOURCE'] as const
