import type { Socket } from 'node:net'
import { getLogger } from '@logtape/logtape'
import { plainAddress } from '../../shared/http/address.ts'
import { ProxyHeaderReader } from '../../shared/http/proxy-protocol.ts'
import { AddressGate } from '../auth/address-gate.ts'
import type { SocketSettings } from '../config/xml/socket-settings.ts'
import type { Connection } from '../http/connection.ts'
import { beginExchange, type Exchange, endExchange } from '../http/exchange.ts'
import { type BadHead, HeadReader } from '../http/head.ts'
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
import { Waiting } from './waiting.ts'

const log = getLogger(['distributary', 'http'])

/** ms between two checks for late heads and silent sources */
const sweepMs = 500
const ignore = () => {}

/** A connection whose request head is not read yet. */
type Incoming = Pick<Connection, 'socket' | 'via'> & {
  /** the other end, by the socket or by a PROXY header */
  peer: KnownPeer
  /** requests answered on it before */
  answered: number
}

/** A request whose head has been read. */
type Asked = Pick<Connection, 'head' | 'rest'> & Incoming

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
  /** every connection, and its record for the access log once its head is read */
  #sockets = new Map<Socket, Exchange | undefined>()
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
    this.#track(socket)
    this.#waiting.add(socket, address, this.#serving.nowMs())?.destroy()
    const incoming = { socket, peer: { address, secure: via.secure }, via, answered: 0 }
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
    const onGone = () => this.#lose(socket)
    const onData = (bytes: Uint8Array) => {
      const first = reader.push(bytes)
      if (!first) return
      socket.off('data', onData).off('end', onGone).off('close', onGone)
      if (first.is === 'bad') {
        this.#waiting.delete(socket)
        this.#refuseBad(socket, peer.address, { status: 400, text: first.why })
        return
      }
      const { address = peer.address, secure = peer.secure } = (first.is === 'proxied' && first.client) || {}
      if (address !== peer.address) {
        this.#waiting.delete(socket)
        // a proxy that knows its clients so well passes on bytes alone: its client is judged like one that connects itself
        if (this.#lets(address)) this.#waiting.add(socket, address, this.#serving.nowMs())?.destroy()
        else socket.destroy()
      }
      if (socket.destroyed) return
      this.#begin({ ...incoming, peer: { address, secure } }, first.rest.length > 0 ? first.rest : undefined)
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

  /** Separate from {@link #readHead}, so that the listener that lives as long as the connection does not retain the head's reader. */
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

  /** @param first bytes that were read already */
  #readHead(incoming: Incoming, first?: Uint8Array): void {
    const { socket, peer } = incoming
    // made when something comes: a player is silent for seconds, and what lives so long costs the garbage collector most
    let reader: HeadReader | undefined
    const onGone = () => this.#lose(socket)
    const onData = (bytes: Uint8Array) => {
      reader ??= new HeadReader()
      const read = reader.push(bytes)
      if (!read) return
      this.#begun(socket)
      socket.off('data', onData).off('end', onGone).off('close', onGone)
      if ('head' in read) this.#answer({ ...incoming, head: read.head, rest: bytes.subarray(read.restAt) })
      else this.#refuseBad(socket, peer.address, read)
    }
    socket.on('data', onData).once('end', onGone).once('close', onGone)
    if (first) onData(first)
  }

  /** Like {@link #readHead}, for sources of Shoutcast. */
  #greet(incoming: Incoming, first?: Uint8Array): void {
    const { socket, via, peer } = incoming
    const onGone = () => this.#lose(socket)
    const over = () => void socket.off('end', onGone).off('close', onGone)
    const done = () => {
      over()
      this.#waiting.delete(socket)
    }
    const outcomes: Parameters<typeof greetShoutcast>[2] = {
      onSource: (opened, head, rest) => {
        done()
        // no proxy for HTTP adds headers here
        this.#answer(
          { ...incoming, head, rest },
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
  #lose(socket: Socket): void {
    this.#begun(socket)
    socket.destroy()
  }

  /** It does not wait for a head any more. */
  #begun(socket: Socket): void {
    this.#waiting.delete(socket)
    this.#kept.delete(socket)
  }

  /** Answers a request; an exception closes only this connection. */
  #answer(
    asked: Asked,
    answer: (connection: Connection) => void = (connection) => this.#router.route(connection),
    headers = asked.head.headers,
  ): void {
    const { socket, head, peer } = asked
    const { address, secure } = this.#proxies.clientOf(headers, peer)
    const exchange = beginExchange(head, address, this.#serving.nowMs(), socket.bytesWritten)
    this.#sockets.set(socket, exchange)
    try {
      const mayStay = asked.answered + 1 < limits.keptRequestsMax
      const { via, rest, answered } = asked
      const readNext = () => this.#readNext(asked)
      const connection = { socket, via, head, rest, address, secure, exchange, readNext, answered, mayStay }
      if (address === peer.address || this.#lets(address)) answer(connection)
      // closed without an answer, as it would be without the proxy, it would be the proxy's error
      else
        finish(
          connection,
          textReply(head.version, 403, 'this address may not connect', this.#serving.config.httpHeaders),
        )
    } catch (error) {
      log.error('request failed', { method: head.method, path: head.path, error })
      socket.destroy()
    }
  }

  /** Reads the next request of a connection that stays open. */
  #readNext({ socket, peer, via, rest, answered }: Asked): void {
    this.#endExchange(socket)
    this.#sockets.set(socket, undefined)
    this.#kept.add(socket, peer.address, this.#serving.nowMs())?.destroy()
    const incoming = { socket, peer, via, answered: answered + 1 }
    this.#readHead(incoming, rest.length > 0 ? rest : undefined)
  }
}
