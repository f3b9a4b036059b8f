import { Buffer } from 'node:buffer'
import { getLogger } from '@logtape/logtape'
import type { Peer } from '../../shared/http/forwarded.ts'
import { Gathered } from '../../shared/http/gathered.ts'
import { ProxyHeaderReader } from '../../shared/http/proxy-protocol.ts'
import type { FewLines } from '../../shared/log/few-lines.ts'
import { BodyReader } from '../http/body.ts'
import type { Member } from '../http/crowd.ts'
import { type RequestHead, type RequestRefusal, readHead, refusalOf } from '../http/head.ts'
import { HeadEnd } from '../http/head-end.ts'
import { httpLimits } from '../http/limits.ts'
import { type PrintedAnswer, printRefusal, printResponse } from '../http/print.ts'
import type { Answers } from './listening.ts'
import { answerPlainly, printRedirect } from './plain-answers.ts'
import { requestOf } from './request.ts'
import { Sending } from './sending.ts'

const logger = getLogger(['distributary', 'edge'])

/** The part of a socket that a connection uses; Node's sockets have it already. */
export interface ClientSocket {
  /** Returns whether the system took all bytes; if not, `drained` is called once it has. */
  write(text: string, encoding: 'latin1'): boolean
  write(bytes: Uint8Array, taken: (error?: Error | null) => void): boolean
  /** Ends this side after everything written. */
  end(): unknown
  destroy(): unknown
  pause(): unknown
  resume(): unknown
}

/** The state that all connections of a server share. */
export interface ConnectionContext {
  readonly answers: Answers
  /** a few ms old, which is precise enough for deadlines */
  nowMs: number
  /** no more requests are accepted */
  isClosing: boolean
  /** limits the log lines about requests that cannot be parsed */
  readonly badRequests: FewLines
  /** Adds bytes of answers that wait to be read; negative when they no longer wait. */
  countUnread(bytes: number): void
  /** A trusted proxy has named the client of a connection; returns whether there is room for it. */
  named(connection: HttpConnection, address: string): boolean
}

/** What a connection is doing. */
type Phase =
  /** it waits for the first byte of a request */
  | 'waiting'
  /** part of a head has arrived */
  | 'head'
  /** the request is being answered; bytes that arrive meanwhile are kept */
  | 'answering'
  /** the request's body is being read */
  | 'body'
  /** the answer is being written */
  | 'writing'
  /** this side has ended: incoming bytes are ignored */
  | 'ended'

const phaseMs: Readonly<Record<Phase, number>> = {
  waiting: httpLimits.idleMs,
  head: httpLimits.headMs,
  answering: httpLimits.answerMs,
  body: httpLimits.bodyMs,
  writing: httpLimits.stallMs,
  ended: httpLimits.refusedMs,
}

/**
 * One connection. The plain requests of listeners are answered by one write, since a Request and a Response for each cost
 * more than everything else. Other requests are parsed here too, within bounds that are the same on every runtime.
 */
export class HttpConnection implements Member {
  /** undefined for a trusted proxy that has not named its client */
  network: string | undefined
  readonly #socket: ClientSocket
  readonly #serving: ConnectionContext
  #peer: Peer
  /** until the first bytes of a trusted proxy are read, which may be a PROXY header */
  #proxyHeader: ProxyHeaderReader | undefined
  #phase: Phase = 'waiting'
  /** when its phase began; while writing, when the client last read some of the answer */
  #sinceMs: number
  #head: { bytes: Gathered; end: HeadEnd } | undefined
  #body: { reader: BodyReader; take: (bytes: Uint8Array<ArrayBuffer>) => void } | undefined
  /** bytes that arrived while the request before them is being answered */
  #ahead: Buffer | undefined
  #answer: Sending | undefined
  /** the other side has ended */
  #isHalf = false

  /** @param network undefined for a trusted proxy */
  constructor(
    socket: ClientSocket,
    address: string,
    network: string | undefined,
    serving: ConnectionContext,
  ) {
    this.#socket = socket
    this.#serving = serving
    this.#peer = { address, secure: false }
    this.network = network
    this.#proxyHeader = network === undefined ? new ProxyHeaderReader() : undefined
    this.#sinceMs = serving.nowMs
  }

  get isIdle(): boolean {
    if (this.#phase === 'writing' || this.#phase === 'body')
      return this.#serving.nowMs - this.#sinceMs >= httpLimits.crowdedMs
    return this.#phase === 'waiting' || this.#phase === 'head' || this.#phase === 'ended'
  }

  /** When the client last read some of the answer; undefined if no answer waits to be read. */
  get unreadSinceMs(): number | undefined {
    return this.#answer && this.#sinceMs
  }

  /** @param bytes belong to this connection from now on */
  receive(bytes: Buffer): void {
    if (this.#proxyHeader) this.#readFirst(this.#proxyHeader, bytes)
    else if (this.#phase === 'waiting') this.#begin(bytes)
    else if (this.#phase === 'head') this.#gatherHead(bytes)
    else if (this.#phase === 'body') this.#gatherBody(bytes)
    else if (this.#phase !== 'ended') this.#keep(bytes)
  }

  /** The other side has ended. */
  halfClosed(): void {
    this.#isHalf = true
    if (this.#phase === 'waiting') this.#end()
    else if (this.#phase === 'head' || this.#phase === 'body') this.destroy()
  }

  /** The system accepts bytes again. */
  drained(): void {
    if (this.#phase === 'writing' && this.#answer === undefined) this.#next()
  }

  /** Closes the connection if it is past its deadline. */
  sweep(): void {
    if (this.#serving.nowMs - this.#sinceMs < phaseMs[this.#phase]) return
    if (this.#phase === 'head') this.#refuse(refusalOf(408, 'the head of the request did not arrive in time'))
    else if (this.#phase === 'body')
      this.#refuse(refusalOf(408, 'the body of the request did not arrive in time'))
    // an answer may still be on its way to a slow reader, which would lose it
    else if (this.#phase === 'waiting') this.#end()
    else this.destroy()
  }

  /** Ends the connection, unless a request is being answered. */
  leave(): void {
    if (this.#phase === 'waiting' || this.#phase === 'head') this.#end()
  }

  destroy(): void {
    this.#settle()
    this.#socket.destroy()
  }

  /** The socket is closed. */
  closed(): void {
    this.#settle()
    this.#phase = 'ended'
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#sinceMs = this.#serving.nowMs
  }

  /** Reads the first bytes of a trusted proxy's connection. */
  #readFirst(reader: ProxyHeaderReader, bytes: Buffer): void {
    if (this.#phase === 'ended') return
    const first = reader.push(bytes)
    if (!first) return
    this.#proxyHeader = undefined
    if (first.is === 'bad') {
      this.#refuse(refusalOf(400, first.why))
      return
    }
    if (first.is === 'proxied' && first.client) {
      this.#peer = first.client
      if (!this.#serving.named(this, first.client.address)) return
    }
    const { buffer, byteOffset, length } = first.rest
    if (length > 0) this.receive(Buffer.from(buffer, byteOffset, length))
  }

  #begin(bytes: Buffer): void {
    // a report is not made a string here: only listeners ask by GET or HEAD
    if (bytes[0] !== letterG && bytes[0] !== letterH) {
      this.#gatherHead(bytes)
      return
    }
    const { text, read, keepAlive, other } = answerPlainly(
      bytes.toString('latin1'),
      this.#serving.answers.place,
      this.#peer,
    )
    this.#sinceMs = this.#serving.nowMs
    if (other) {
      // the answer follows on the socket, which queues it if it does not take more at once
      if (text !== '') this.#socket.write(text, 'latin1')
      this.#enter('answering')
      if (read < bytes.length) this.#keep(bytes.subarray(read))
      this.#sendWhenKnown(other.head, () => other.answer, noBody)
      return
    }
    if (text !== '' && !this.#pass(text, keepAlive)) {
      if (read < bytes.length) this.#keep(bytes.subarray(read))
      return
    }
    if (read < bytes.length) this.#gatherHead(bytes.subarray(read))
  }

  /** Writes redirects; returns whether to go on: the connection stays open, and the client reads its answers. */
  #pass(text: string, keepAlive: boolean): boolean {
    const isTaken = this.#socket.write(text, 'latin1')
    if (!keepAlive || this.#serving.isClosing) {
      this.#end()
      return false
    }
    if (isTaken) return true
    this.#enter('writing')
    this.#socket.pause()
    return false
  }

  #gatherHead(bytes: Buffer): void {
    if (this.#phase !== 'head') {
      if (!beginsRequest(bytes)) {
        this.#refuse(refusalOf(400, 'this is not an HTTP request'))
        return
      }
      this.#enter('head')
    }
    this.#head ??= { bytes: new Gathered(httpLimits.headBytesMax), end: new HeadEnd() }
    const end = this.#head.end.find(bytes)
    const part = end === undefined ? bytes : bytes.subarray(0, end)
    if (this.#head.bytes.add(part) < part.length)
      this.#refuse(refusalOf(431, `the head is larger than ${httpLimits.headBytesMax} bytes`))
    else if (end !== undefined) this.#readHead(this.#head.bytes.bytes, bytes.subarray(end))
  }

  #readHead({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>, rest: Buffer): void {
    const read = readHead(Buffer.from(buffer, byteOffset, length).toString('latin1'))
    this.#head = undefined
    if ('text' in read) {
      this.#refuse(read)
      return
    }
    this.#enter('answering')
    if (rest.length > 0) this.#keep(rest)
    this.#answerTo(read)
  }

  #answerTo(head: RequestHead): void {
    const { method, framing, keepAlive } = head
    const mayListen = (method === 'GET' || method === 'HEAD') && framing === undefined
    const placed = mayListen ? this.#serving.answers.place(head, this.#peer) : undefined
    if (typeof placed === 'string') {
      if (this.#pass(printRedirect(placed, keepAlive), keepAlive)) this.#next()
    } else if (placed) this.#sendWhenKnown(head, () => placed, noBody)
    else this.#ask(head)
  }

  #ask(head: RequestHead): void {
    const body = { isWhole: head.framing === undefined }
    const request = requestOf(head, () => this.#readBody(head, body))
    const answer = () => this.#serving.answers.answer(request, this.#peer, head)
    this.#sendWhenKnown(head, answer, body)
  }

  #sendWhenKnown(head: Asker, answer: () => Response | Promise<Response>, body: Readonly<ReadBody>): void {
    this.#socket.pause()
    this.#print(head, answer, body).catch((error: unknown) => {
      logger.error('request failed', { error })
      this.destroy()
    })
  }

  async #print(
    head: Asker,
    answer: () => Response | Promise<Response>,
    body: Readonly<ReadBody>,
  ): Promise<void> {
    const { method } = head
    const response = await answer()
    const keepAlive =
      head.keepAlive &&
      body.isWhole &&
      !this.#serving.isClosing &&
      response.headers.get('connection')?.toLowerCase() !== 'close'
    const asked = { method, keepAlive, nowMs: Date.now(), isOld: head.isOld === true }
    const printed = await printResponse(response, asked)
    if (this.#phase === 'answering') this.#send(printed, keepAlive)
    else printed.rest?.cancel()
  }

  /** The body, once a route has asked for it. If it does not arrive, the route is not told, since the answer has been sent here. */
  #readBody(head: RequestHead, body: ReadBody): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve) => {
      this.#wantBody(head, (bytes, isWhole) => {
        body.isWhole = isWhole
        resolve(bytes)
      })
    })
  }

  #wantBody(
    { framing = { length: 0 }, expectsContinue }: RequestHead,
    take: (bytes: Uint8Array<ArrayBuffer>, isWhole: boolean) => void,
  ): void {
    if (this.#phase !== 'answering') return
    this.#enter('body')
    const reader = new BodyReader(framing)
    this.#body = { reader, take: (bytes) => take(bytes, bytes.length < httpLimits.bodyBytesMax) }
    const ahead = this.#ahead
    this.#ahead = undefined
    if (expectsContinue && !ahead) this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
    this.#socket.resume()
    if (ahead) this.#gatherBody(ahead)
  }

  #gatherBody(bytes: Buffer): void {
    const body = this.#body
    const read = body?.reader.push(bytes)
    if (!body || !read) return
    this.#body = undefined
    if ('text' in read) {
      this.#refuse(read)
      return
    }
    this.#enter('answering')
    this.#socket.pause()
    if ('end' in read && read.end < bytes.length) this.#keep(bytes.subarray(read.end))
    body.take(body.reader.bytes)
  }

  /** Keeps bytes that arrive too early; the socket is paused, so that only bytes already in transit follow. */
  #keep(bytes: Buffer): void {
    this.#ahead = this.#ahead ? Buffer.concat([this.#ahead, bytes]) : bytes
    this.#socket.pause()
  }

  #send(printed: PrintedAnswer, keepAlive: boolean): void {
    this.#enter('writing')
    this.#answer = new Sending(printed, keepAlive)
    this.#serving.countUnread(this.#answer.bytes)
    this.#writeOn()
  }

  /** Writes the next piece of the answer; each piece that is taken counts as progress. */
  #writeOn(): void {
    const answer = this.#answer
    if (!answer) return
    this.#sinceMs = this.#serving.nowMs
    const piece = answer.take()
    if (piece) {
      this.#socket.write(piece, (error) => {
        if (!error) this.#writeOn()
      })
      return
    }
    if (answer.hasMore) {
      this.#makeMore(answer)
      return
    }
    this.#settle()
    if (answer.keepAlive && !this.#serving.isClosing) this.#next()
    else this.#end()
  }

  /** Sends the next piece of an answer that is made as it is sent. */
  #makeMore(answer: Sending): void {
    answer.makeMore().then(
      () => {
        if (this.#answer === answer) this.#writeOn()
      },
      (error: unknown) => {
        logger.error('request failed', { error })
        this.destroy()
      },
    )
  }

  /** Drops the answer, head and body in progress. */
  #settle(): void {
    this.#answer?.cancel()
    if (this.#answer) this.#serving.countUnread(-this.#answer.bytes)
    this.#answer = undefined
    this.#head = undefined
    this.#body = undefined
  }

  /** Goes on to the next request, part of which may have arrived. */
  #next(): void {
    this.#enter('waiting')
    const ahead = this.#ahead
    this.#ahead = undefined
    // one head at a time: looking for plain requests in all remaining bytes after each of them would take quadratic time
    if (ahead) queueMicrotask(() => this.#gatherHead(ahead))
    if (!ahead && this.#isHalf) this.#end()
    else this.#socket.resume()
  }

  #refuse(refusal: RequestRefusal): void {
    const { status, text } = refusal
    const leftOut = this.#serving.badRequests.next(this.#serving.nowMs)
    if (leftOut !== undefined)
      logger.info('bad request', { address: this.#peer.address, status, why: text.trim(), leftOut })
    this.#socket.write(printRefusal(refusal, Date.now()), 'latin1')
    this.#end()
  }

  /**
   * Ends this side. The other one may go on for a moment: closing while a sender is in the middle of its body would reset the
   * connection, and the sender would lose the answer.
   */
  #end(): void {
    this.#settle()
    this.#ahead = undefined
    this.#enter('ended')
    this.#socket.end()
    this.#socket.resume()
  }
}

/** The parts of a request's head that its answer depends on. */
type Asker = Pick<RequestHead, 'method' | 'keepAlive' | 'isOld'>

/** Whether a request's body was read to its end: only then may another request follow. */
interface ReadBody {
  isWhole: boolean
}

const noBody: Readonly<ReadBody> = { isWhole: true }

const [letterG, letterH] = [0x47, 0x48]

/** Whether bytes begin with a method, after any empty lines: anything else is garbage, or TLS. */
function beginsRequest(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte === 0x0a || byte === 0x0d) continue
    return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
  }
  return true
}
