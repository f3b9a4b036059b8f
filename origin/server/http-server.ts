import type { Socket } from 'node:net'
import { getLogger } from '@logtape/logtape'
import { AddressGate } from '../auth/address-gate.ts'
import type { SocketSettings } from '../config/xml/socket-settings.ts'
import type { Connection } from '../http/connection.ts'
import { beginExchange, type Exchange, endExchange } from '../http/exchange.ts'
import { HeadReader } from '../http/head.ts'
import { endSoon, textReply } from '../http/reply.ts'
import { limits } from '../limits.ts'
import { connectionsMax } from '../process/descriptors.ts'
import { greetShoutcast } from '../source/shoutcast.ts'
import { takeShoutcast } from '../source/source.ts'
import type { AppBridge } from './app-bridge.ts'
import { type BoundPorts, ListenSockets } from './listen-sockets.ts'
import { Router } from './router.ts'
import type { Serving } from './serving.ts'
import { Waiting } from './waiting.ts'

const log = getLogger(['distributary', 'http'])

/** ms between two looks for heads that are late and sources that are silent */
const sweepMs = 500
const ignore = () => {}

/** A connection that has yet to say what it is. */
type Incoming = Pick<Connection, 'socket' | 'address' | 'via'> & {
  /** requests answered on it before */
  answered: number
}

/** A request whose head has been read. */
type Asked = Omit<Connection, 'exchange' | 'readNext' | 'mayStay'> & Incoming

/** Sockets in: reads the head of each connection, within its bounds, and hands it to who answers it. */
export class HttpServer {
  #serving: Serving
  #gate: AddressGate
  #router: Router
  #waiting = new Waiting<Socket>(limits.waitingHeadsMax)
  /** every connection, and what the access log will tell of it once its head is read */
  #sockets = new Map<Socket, Exchange | undefined>()
  /** connections that are being told that there is no descriptor for them */
  #refusals = new Set<Socket>()
  #refused = 0
  #refusedSaidMs = Number.NEGATIVE_INFINITY
  #listening: ListenSockets
  #sweep: ReturnType<typeof setInterval> | undefined

  constructor(serving: Serving, bridge: AppBridge) {
    this.#serving = serving
    this.#listening = new ListenSockets(serving.nowMs)
    this.#gate = new AddressGate(serving.config, serving.nowMs)
    this.#router = new Router(serving, bridge)
  }

  /** Listens on every socket that is configured; resolves with the first port of each kind. */
  async start(): Promise<BoundPorts> {
    const bound = await this.#listening.open(this.#serving.config, {
      lets: (address) => this.#gate.lets(plainAddress(address) ?? ''),
      accept: (socket, via) => this.#accept(socket, via),
    })
    this.#sweep = setInterval(() => this.sweep(), sweepMs)
    return bound
  }

  stopListening(): void {
    this.#listening.close()
  }

  /** @throws where the certificate's files are no good; then the one that is held stays */
  renewCertificate(): void {
    const { tls } = this.#serving.config
    if (tls) this.#listening.renewCertificate(tls)
  }

  /** Ends every connection; resolves when all have closed. */
  async close(): Promise<void> {
    this.stopListening()
    clearInterval(this.#sweep)
    const closed = [...this.#sockets.keys()].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    )
    for (const socket of this.#sockets.keys()) socket.destroy()
    await Promise.all(closed)
  }

  /** Closes connections whose head is late, and sources that have fallen silent. */
  sweep(): void {
    const { nowMs, config, state } = this.#serving
    const { headerTimeoutMs } = config.limits
    for (const socket of this.#waiting.expire(nowMs(), headerTimeoutMs)) socket.destroy()
    this.#listening.expire(headerTimeoutMs)
    state.mounts.dropSilent()
    state.mounts.expire()
  }

  #accept(socket: Socket, via: SocketSettings): void {
    // every error is followed by 'close', and resets are everyday life
    socket.on('error', ignore)
    const address = plainAddress(socket.remoteAddress)
    if (address === undefined || socket.destroyed) {
      socket.destroy() // it has gone already, or was not let in
      return
    }
    this.#serving.state.load.connections++
    if (!this.#hasDescriptor()) {
      this.#refuse(socket)
      return
    }
    this.#serving.state.load.clients++
    this.#track(socket)
    this.#waiting.add(socket, address, this.#serving.nowMs())?.destroy()
    const incoming = { socket, address, via, answered: 0 }
    if (via.protocol === 'shoutcast') this.#greet(incoming)
    else this.#readHead(incoming)
  }

  /** Whether one more connection leaves descriptors for what the program itself opens; silent ones make room for it. */
  #hasDescriptor(): boolean {
    const { config, state, nowMs } = this.#serving
    if (this.#sockets.size < connectionsMax(config.limits, state.mounts.count)) return true
    const silent = this.#waiting.yieldOne(nowMs(), limits.headGraceMs)
    silent?.destroy()
    return silent !== undefined
  }

  /** Without a descriptor to spare a client is told so at once: left to the system it would hang, or be closed unheard. */
  #refuse(socket: Socket): void {
    const { nowMs, config } = this.#serving
    this.#refused++
    if (nowMs() - this.#refusedSaidMs >= limits.refusalLogMs) {
      const { openFiles } = config.limits
      log.warn('no descriptor for another connection; raise the limit of open files', {
        connections: this.#sockets.size,
        refused: this.#refused,
        openFiles,
      })
      this.#refused = 0
      this.#refusedSaidMs = nowMs()
    }
    if (this.#refusals.size >= limits.refusalsMax) {
      socket.destroy()
      return
    }
    this.#refusals.add(socket)
    socket.once('close', () => this.#refusals.delete(socket))
    const busy = textReply('1.1', 503, 'the server has no room for another connection', config.httpHeaders)
    endSoon(socket, busy.bytes)
  }

  /** Apart from {@link #readHead}, so that what lives as long as the connection does not hold on to what read its head. */
  #track(socket: Socket): void {
    this.#sockets.set(socket, undefined)
    socket.once('close', () => {
      this.#endExchange(socket)
      this.#sockets.delete(socket)
      this.#serving.state.load.clients--
    })
  }

  #endExchange(socket: Socket): void {
    const exchange = this.#sockets.get(socket)
    if (exchange) endExchange(exchange, socket.bytesWritten, this.#serving.nowMs())
  }

  /** @param first what has been read of it already */
  #readHead(incoming: Incoming, first?: Uint8Array): void {
    const { socket, address } = incoming
    const reader = new HeadReader()
    const onGone = () => this.#lose(socket)
    const onData = (bytes: Uint8Array) => {
      const read = reader.push(bytes)
      if (!read) return
      this.#waiting.delete(socket)
      socket.off('data', onData).off('end', onGone).off('close', onGone)
      if ('head' in read) this.#answer({ ...incoming, head: read.head, rest: bytes.subarray(read.restAt) })
      else {
        log.info('bad request', { address, status: read.status, why: read.text })
        endSoon(socket, textReply('1.1', read.status, read.text, this.#serving.config.httpHeaders).bytes)
      }
    }
    socket.on('data', onData).once('end', onGone).once('close', onGone)
    if (first) onData(first)
  }

  /** What {@link #readHead} is for requests, for Shoutcast's sources. */
  #greet(incoming: Incoming): void {
    const { socket } = incoming
    const onGone = () => this.#lose(socket)
    const over = () => void socket.off('end', onGone).off('close', onGone)
    const done = () => {
      over()
      this.#waiting.delete(socket)
    }
    greetShoutcast(incoming, this.#serving, {
      onSource: (opened, head, rest) => {
        done()
        this.#answer({ ...incoming, head, rest }, (connection) =>
          takeShoutcast(connection, opened, this.#serving),
        )
      },
      onHttp: (bytes) => {
        over()
        this.#readHead(incoming, bytes)
      },
      onRefused: done,
    })
    socket.once('end', onGone).once('close', onGone)
  }

  /** A connection ended before it had said what it is. */
  #lose(socket: Socket): void {
    this.#waiting.delete(socket)
    socket.destroy()
  }

  /** A fault in one answer costs that connection, not the server. */
  #answer(
    asked: Asked,
    answer: (connection: Connection) => void = (connection) => this.#router.route(connection),
  ): void {
    const { socket, head, address } = asked
    const exchange = beginExchange(head, address, this.#serving.nowMs(), socket.bytesWritten)
    this.#sockets.set(socket, exchange)
    try {
      const mayStay = asked.answered + 1 < limits.keptRequestsMax
      answer({ ...asked, exchange, readNext: () => this.#readNext(asked), mayStay })
    } catch (error) {
      log.error('a request failed', { method: head.method, path: head.path, error })
      socket.destroy()
    }
  }

  /** The request is answered, and the connection open for another. */
  #readNext({ socket, address, via, rest, answered }: Asked): void {
    this.#endExchange(socket)
    this.#sockets.set(socket, undefined)
    this.#waiting.add(socket, address, this.#serving.nowMs())?.destroy()
    const incoming = { socket, address, via, answered: answered + 1 }
    this.#readHead(incoming, rest.length > 0 ? rest : undefined)
  }
}

/** An IPv4 address that came in on a socket of both stacks, as people write it. */
const plainAddress = (address: string | undefined) => address?.replace(/^::ffff:(?=\d+\.)/, '')
