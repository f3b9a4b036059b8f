import { readFileSync } from 'node:fs'
import { createServer, type Server, type ServerOpts, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { getLogger } from '@logtape/logtape'
import { corsHeaders } from '../../shared/redirect.ts'
import { limits } from '../limits.ts'
import { beginExchange, type Exchange, endExchange } from '../log/exchange.ts'
import { takeSource } from '../source/source.ts'
import type { AppBridge } from './app-bridge.ts'
import type { Connection, Serving } from './connection.ts'
import { type Head, HeadReader } from './head.ts'
import { listen } from './listen.ts'
import { endSoon, finish, printReply, textReply } from './reply.ts'
import { routeOf } from './routes.ts'
import { Waiting } from './waiting.ts'

const log = getLogger(['distributary', 'http'])

/** ms between two looks for heads that are late and sources that are silent */
const sweepMs = 500
const ignore = () => {}
const preflightHeaders = Object.entries(corsHeaders)

/** Sockets in: reads the head of each connection, within its bounds, and hands it to who answers it. */
export class HttpServer {
  #serving: Serving
  #bridge: AppBridge
  #waiting = new Waiting<Socket>(limits.waitingHeadsMax)
  /** every connection, and what the access log will tell of it once its head is read */
  #sockets = new Map<Socket, Exchange | undefined>()
  #servers: Server[] = []
  #sweep: ReturnType<typeof setInterval> | undefined

  constructor(serving: Serving, bridge: AppBridge) {
    this.#serving = serving
    this.#bridge = bridge
  }

  /** Listens on the plain port and, where there is one, on the TLS port; resolves with those bound. */
  async start(): Promise<{ port: number; tlsPort: number | undefined }> {
    const { config } = this.#serving
    // a FIN must not close our side: listeners may end theirs after the request
    const options = { allowHalfOpen: true, noDelay: true }
    const sockets = config.sockets.filter(({ protocol }) => protocol === 'http')
    const bound = new Map<boolean, number>()
    for (const { port, bind, secure } of sockets) {
      const server = secure
        ? this.#tlsServer(options)
        : createServer(options, (socket) => this.#accept(socket, false))
      const boundPort = await this.#bind(server, port, bind)
      if (!bound.has(secure)) bound.set(secure, boundPort)
    }
    this.#sweep = setInterval(() => this.sweep(), sweepMs)
    return { port: bound.get(false) ?? bound.get(true) ?? 0, tlsPort: bound.get(true) }
  }

  stopListening(): void {
    for (const server of this.#servers) server.close()
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
    for (const socket of this.#waiting.expire(nowMs(), config.limits.headerTimeoutMs)) socket.destroy()
    state.mounts.dropSilent()
  }

  #tlsServer(options: ServerOpts): Server {
    const { config } = this.#serving
    if (!config.tls) throw new Error('a socket with TLS needs a certificate')
    const files = { cert: readFileSync(config.tls.certFile), key: readFileSync(config.tls.keyFile) }
    const handshakeTimeout = config.limits.headerTimeoutMs
    const server = createTlsServer({ ...options, ...files, handshakeTimeout }, (socket) =>
      this.#accept(socket, true),
    )
    server.on('tlsClientError', ignore)
    return server
  }

  async #bind(server: Server, port: number, bind: string | undefined): Promise<number> {
    this.#servers.push(server)
    try {
      return await listenOn(server, port, bind ?? '::')
    } catch (error) {
      const noIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error))
      if (bind !== undefined || !noIpv6) throw error
      return listenOn(server, port, '0.0.0.0')
    }
  }

  #accept(socket: Socket, secure: boolean): void {
    // every error is followed by 'close', and resets are everyday life
    socket.on('error', ignore)
    const address = plainAddress(socket.remoteAddress)
    if (address === undefined) {
      socket.destroy() // it has gone already
      return
    }
    this.#serving.state.load.connections++
    this.#track(socket)
    this.#waiting.add(socket, address, this.#serving.nowMs())?.destroy()
    this.#readHead(socket, address, secure)
  }

  /** Apart from {@link #readHead}, so that what lives as long as the connection does not hold on to what read its head. */
  #track(socket: Socket): void {
    this.#sockets.set(socket, undefined)
    socket.once('close', () => {
      const exchange = this.#sockets.get(socket)
      this.#sockets.delete(socket)
      if (exchange) endExchange(exchange, socket.bytesWritten, this.#serving.nowMs())
    })
  }

  #readHead(socket: Socket, address: string, secure: boolean): void {
    const reader = new HeadReader()
    const onGone = () => {
      this.#waiting.delete(socket)
      socket.destroy()
    }
    const onData = (bytes: Uint8Array) => {
      const read = reader.push(bytes)
      if (!read) return
      this.#waiting.delete(socket)
      socket.off('data', onData).off('end', onGone).off('close', onGone)
      if ('head' in read)
        this.#answer(read.head, { socket, address, secure, rest: bytes.subarray(read.restAt) })
      else {
        log.info('bad request', { address, status: read.status, why: read.text })
        endSoon(socket, textReply('1.1', read.status, read.text).bytes)
      }
    }
    socket.on('data', onData).once('end', onGone).once('close', onGone)
  }

  /** A fault in one answer costs that connection, not the server. */
  #answer(head: Head, { socket, address, ...rest }: Omit<Connection, 'head' | 'exchange'>): void {
    const exchange = beginExchange(head, address, this.#serving.nowMs())
    this.#sockets.set(socket, exchange)
    try {
      this.#route({ socket, address, head, exchange, ...rest })
    } catch (error) {
      const { method, path } = head
      log.error('a request failed', { method, path, error })
      socket.destroy()
    }
  }

  #route(connection: Connection): void {
    const { head } = connection
    const route = routeOf(head, (mount) => this.#serving.state.mounts.get(mount) !== undefined)
    switch (route.to) {
      case 'listener':
        listen(connection, route.mount, this.#serving)
        break
      case 'source':
        takeSource(connection, route.mount, this.#serving)
        break
      case 'app':
        this.#bridge.answer(connection)
        break
      case 'preflight':
        finish(connection, printReply({ version: head.version, status: 204, headers: preflightHeaders }))
        break
      case 'refusal':
        finish(connection, textReply(head.version, route.status, route.text))
    }
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** An IPv4 address that came in on a socket of both stacks, as people write it. */
const plainAddress = (address: string | undefined) => address?.replace(/^::ffff:(?=\d+\.)/, '')

function listenOn(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog: 4096 }, () => {
      server.off('error', reject)
      server.on('error', (error) => log.error('a listening socket failed', { host, port, error }))
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port)
    })
  })
}
