import type { Socket } from 'node:net'
import { getLogger } from '@logtape/logtape'
import { plainAddress } from '../../shared/http/address.ts'
import { ProxyHeaderReader } from '../../shared/http/proxy-protocol.ts'
import { AddressGate } from '../auth/address-gate.ts'
import type { SocketSettings } from '../config/xml/socket-settings.ts'
import { type Connection, takeSocket } from '../http/connection.ts'
import { beginExchange, type Exchange, endExchange } from '../http/exchange.ts'
import type { BadHead, Head } from '../http/head.ts'
import { HeadLine } from '../http/head-line.ts'
import { KnownHeads } from '../http/known-heads.ts'
import { endSoon, finish, textReply } from '../http/reply.ts'
import { limits } from '../limits.ts'
import { connectionsMax } from '../process/descriptors.ts'
import { greetShoutcast } from '../source/shoutcast.ts'
import { takeShoutcast } from '../source/source.ts'
import type { AppBridge } from './app-bridge.ts'
import { type BoundPorts, ListenSockets } from './listen-sockets.ts'
import { type KnownPeer, Proxies } from './proxies.ts'
import { Refusals } from './refusals.ts'
import { Router } from './router.ts'
import type { Serving } from './serving.ts'
import { Waiting, type WaitingPlace } from './waiting.ts'

const log = getLogger(['distributary', 'http'])

/** ms between two checks for late heads and silent sources */
const sweepMs = 500
const ignore = () => {}

/** A connection, for as long as it is open. */
type Incoming = Pick<Connection, 'socket' | 'via'> & {
  /** the other end, by the socket or by a PROXY header */
  peer: KnownPeer
  /** requests answered on it before */
  answered: number
  /** among those that wait for a head */
  place: WaitingPlace<Socket> | undefined
  /** its record for the access log once a head is read */
  exchange: Exchange | undefined
}

const noHeaders: ReadonlyMap<string, string> = new Map()

/** Accepts connections, reads the head of each request within its bounds, and hands it to the router. */
export class HttpServer {
  #serving: Serving
  #gate: AddressGate
  #proxies: Proxies
  #router: Router
  #waiting = new Waiting<Socket>(limits.waitingHeadsMax)
  /** those that had an answer, and may ask again: players of HLS keep theirs, and are more than connections that are new */
  #kept = new Waiting<Socket>(limits.keptConnectionsMax)
  #sockets = new Map<Socket, Incoming>()
  #knownHeads = new KnownHeads()
  #refusals: Refusals
  #listening: ListenSockets
  #sweep: ReturnType<typeof setInterval> | undefined

  constructor(serving: Serving, bridge: AppBridge) {
    this.#serving = serving
    this.#listening = new ListenSockets(serving.nowMs)
    this.#gate = new AddressGate(serving.config, serving.nowMs)
    this.#proxies = new Proxies(serving.config)
    this.#router = new Router(serving, bridge)
    this.#refusals = new Refusals(serving)
  }

  /** Listens on all configured sockets; resolves with the first port of each kind. */
  async start(): Promise<BoundPorts> {
    const bound = await this.#listening.open(this.#serving.config, {
      lets: (address) => this.#lets(plainAddress(address) ?? ''),
      accept: (socket, via) => this.#accept(socket, via),
    })
    this.#sweep = setInterval(() => this.sweep(), sweepMs)
    return bound
  }

  /** Whether an address may connect. A proxy may: its clients are judged once they are known. */
  #lets(address: string): boolean {
    return this.#proxies.trusts(address) || this.#gate.lets(address)
  }

  stopListening(): void {
    this.#listening.close()
  }

  /** Reads the certificate again, for new connections. @throws if it is invalid; then the old one stays */
  renewCertificate(): void {
    const { tls } = this.#serving.config
    if (tls) this.#listening.renewCertificate(tls)
  }

  /** Closes every connection; resolves when all are closed. */
  async close(): Promise<void> {
    this.stopListening()
    clearInterval(this.#sweep)
    const closed = [...this.#sockets.keys()].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    )
    for (const socket of this.#sockets.keys()) socket.destroy()
    await Promise.all(closed)
  }

  /** Closes connections whose head is late, and drops silent sources. */
  sweep(): void {
    const { nowMs, config, state } = this.#serving
    const { headerTimeoutMs } = config.limits
    for (const waiting of [this.#waiting, this.#kept])
      for (const socket of waiting.expire(nowMs(), headerTimeoutMs)) socket.destroy()
    this.#listening.expire(headerTimeoutMs)
    state.mounts.dropSilent()
    state.mounts.expire()
  }

  #accept(socket: Socket, via: SocketSettings): void {
    // every error is followed by 'close', and resets are common
    socket.on('error', ignore)
    const address = plainAddress(socket.remoteAddress)
    if (address === undefined || socket.destroyed) {
      socket.destroy() // already gone, or rejected
      return
    }
    this.#serving.state.load.connections++
    if (!this.#hasDescriptor()) {
      this.#refusals.refuse(socket, this.#sockets.size)
      return
    }
    this.#serving.state.load.clients++
    const peer = { address, secure: via.secure }
    const incoming: Incoming = { socket, peer, via, answered: 0, place: undefined, exchange: undefined }
    this.#track(incoming)
    this.#wait(incoming)
    // before TLS, a PROXY header would have to be read below it
    if (!via.secure && this.#proxies.trusts(address)) this.#readProxyHeader(incoming)
    else this.#begin(incoming)
  }

  /** @param first bytes that were read already */
  #begin(incoming: Incoming, first?: Uint8Array): void {
    if (incoming.via.protocol === 'shoutcast') this.#greet(incoming, first)
    else this.#readHead(incoming, first)
  }

  /** Reads the first bytes of a trusted proxy, which may be a PROXY header. */
  #readProxyHeader(incoming: Incoming): void {
    const { socket, peer } = incoming
    const reader = new ProxyHeaderReader()
    const onGone = () => this.#lose(incoming)
    const onData = (bytes: Uint8Array) => {
      const first = reader.push(bytes)
      if (!first) return
      socket.off('data', onData).off('end', onGone).off('close', onGone)
      if (first.is === 'bad') {
        this.#leave(incoming)
        this.#refuseBad(socket, peer.address, { status: 400, text: first.why })
        return
      }
      const { address = peer.address, secure = peer.secure } = (first.is === 'proxied' && first.client) || {}
      incoming.peer = { address, secure }
      if (address !== peer.address) {
        this.#leave(incoming)
        // a proxy that knows its clients so well passes on bytes alone: its client is judged like one that connects itself
        if (this.#lets(address)) this.#wait(incoming)
        else socket.destroy()
      }
      if (socket.destroyed) return
      this.#begin(incoming, first.rest.length > 0 ? first.rest : undefined)
    }
    socket.on('data', onData).once('end', onGone).once('close', onGone)
  }

  #refuseBad(socket: Socket, address: string, { status, text }: Pick<BadHead, 'status' | 'text'>): void {
    log.info('bad request', { address, status, why: text })
    endSoon(socket, textReply('1.1', status, text, this.#serving.config.httpHeaders).bytes)
  }

  /** Whether one more connection leaves enough descriptors for the program itself; if not, a silent one is closed for it. */
  #hasDescriptor(): boolean {
    const { config, state, nowMs } = this.#serving
    if (this.#sockets.size < connectionsMax(config.limits, state.mounts.count)) return true
    const silent =
      this.#waiting.yieldOne(nowMs(), limits.headGraceMs) ?? this.#kept.yieldOne(nowMs(), limits.headGraceMs)
    silent?.destroy()
    return silent !== undefined
  }

  #track(incoming: Incoming): void {
    const { socket } = incoming
    this.#sockets.set(socket, incoming)
    socket.once('close', () => {
      this.#leave(incoming)
      this.#endExchange(incoming)
      this.#sockets.delete(socket)
      this.#serving.state.load.clients--
    })
  }

  #endExchange({ socket, exchange }: Incoming): void {
    if (exchange) endExchange(exchange, socket.bytesWritten, this.#serving.nowMs())
  }

  /**
   * Reads the heads of a connection. What the line needs is separate from what lives as long as the connection: a listener does not
   * retain it.
   * @param first bytes that were read already
   */
  #readHead(incoming: Incoming, first?: Uint8Array): void {
    const { socket } = incoming
    const line = new HeadLine(socket, this.#knownHeads, {
      onHead: (head) => {
        this.#begun(incoming)
        this.#answer({ incoming, head, line, rest: noBytes })
      },
      onBad: (bad) => {
        this.#begun(incoming)
        this.#refuseBad(socket, incoming.peer.address, bad)
      },
      onGone: () => this.#lose(incoming),
    })
    line.read(first)
  }

  /** Like {@link #readHead}, for sources of Shoutcast. */
  #greet(incoming: Incoming, first?: Uint8Array): void {
    const { socket, via, peer } = incoming
    const onGone = () => this.#lose(incoming)
    const over = () => void socket.off('end', onGone).off('close', onGone)
    const done = () => {
      over()
      this.#leave(incoming)
    }
    const outcomes: Parameters<typeof greetShoutcast>[2] = {
      onSource: (opened, head, rest) => {
        done()
        // no proxy for HTTP adds headers here
        this.#answer(
          { incoming, head, line: undefined, rest },
          (connection) => takeShoutcast(connection, opened, this.#serving),
          noHeaders,
        )
      },
      onHttp: (bytes) => {
        over()
        this.#readHead(incoming, bytes)
      },
      onRefused: done,
    }
    socket.once('end', onGone).once('close', onGone)
    greetShoutcast({ socket, via, address: peer.address }, this.#serving, outcomes, first)
  }

  /** A connection ended before its head was complete. */
  #lose(incoming: Incoming): void {
    this.#begun(incoming)
    incoming.socket.destroy()
  }

  /** It waits for a head: among those that are new, or those that had an answer. */
  #wait(incoming: Incoming): void {
    const room = roomOf(incoming, this.#waiting, this.#kept)
    incoming.place ??= room.enter(incoming.socket, incoming.peer.address)
    room.add(incoming.place, this.#serving.nowMs())?.destroy()
  }

  /** Its head is here. One that had an answer before is likely to wait again. */
  #begun(incoming: Incoming): void {
    if (incoming.answered === 0) this.#leave(incoming)
    else if (incoming.place) this.#kept.delete(incoming.place)
  }

  #leave(incoming: Incoming): void {
    if (incoming.place) roomOf(incoming, this.#waiting, this.#kept).leave(incoming.place)
    incoming.place = undefined
  }

  /** Answers a request; an exception closes only this connection. */
  #answer(
    { incoming, head, line, rest }: Asked,
    answer: (connection: Connection) => void = (connection) => this.#router.route(connection),
    headers = head.headers,
  ): void {
    const { socket, via, peer, answered } = incoming
    const { address, secure } = this.#proxies.clientOf(headers, peer)
    const exchange = beginExchange(head, address, this.#serving.nowMs(), socket.bytesWritten)
    incoming.exchange = exchange
    try {
      const mayStay = answered + 1 < limits.keptRequestsMax
      const readNext = () => this.#readNext(incoming, connection)
      const connection: Connection = {
        socket,
        via,
        head,
        rest,
        line,
        address,
        secure,
        exchange,
        readNext,
        repeat: address === peer.address ? () => this.#repeat(incoming, connection) : undefined,
        answered,
        mayStay,
      }
      if (address === peer.address || this.#lets(address)) answer(connection)
      // closed without an answer, as it would be without the proxy, it would be the proxy's error
      else {
        takeSocket(connection)
        const { httpHeaders } = this.#serving.config
        finish(connection, textReply(head.version, 403, 'this address may not connect', httpHeaders))
      }
    } catch (error) {
      log.error('request failed', { method: head.method, path: head.path, error })
      socket.destroy()
    }
  }

  /** Another request on a connection, as the one before. */
  #repeat(incoming: Incoming, connection: Connection): void {
    this.#begun(incoming)
    connection.answered = incoming.answered
  }

  /** Reads the next request of a connection that stays open. */
  #readNext(incoming: Incoming, { line, rest }: Pick<Connection, 'line' | 'rest'>): void {
    this.#endExchange(incoming)
    incoming.exchange = undefined
    incoming.answered++
    this.#wait(incoming)
    if (line) line.read()
    else this.#readHead(incoming, rest)
  }
}

const noBytes = new Uint8Array(0)

const roomOf = <T>({ answered }: Pick<Incoming, 'answered'>, fresh: T, kept: T): T =>
  answered === 0 ? fresh : kept

/** A request whose head has been read. */
interface Asked {
  incoming: Incoming
  head: Head
  /** undefined: nobody reads another head of this connection */
  line: HeadLine | undefined
  /** bytes that came with the head, if there is no line that holds them */
  rest: Uint8Array
}
