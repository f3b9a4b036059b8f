import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { getLogger } from '@logtape/logtape'
import { messageOf } from '../../shared/message-of.ts'
import { valueIn } from '../../shared/value-in.ts'
import type { OriginConfig } from '../config/config.ts'
import type { SocketSettings } from '../config/xml/socket-settings.ts'
import { Handshakes } from './handshakes.ts'

const log = getLogger(['distributary', 'http'])
const ignore = () => {}

/** The first port bound of each kind; undefined: there is no such socket. */
export interface BoundPorts {
  port: number
  tlsPort: number | undefined
  shoutcastPort: number | undefined
}

type Certificate = NonNullable<OriginConfig['tls']>

/** Receives connections. */
interface Door {
  /** whether this address may connect; called before the TLS handshake, which is expensive */
  lets(address: string | undefined): boolean
  /** Handles a connection that came in on this socket. */
  accept(socket: Socket, via: SocketSettings): void
}

// a FIN must not close our side: listeners may close theirs after the request
const options = { allowHalfOpen: true, noDelay: true } as const

/** The sockets that a server listens on, and the certificate of those with TLS. */
export class ListenSockets {
  #servers: Server[] = []
  #tlsServers: TlsServer[] = []
  #handshakes = new Handshakes()
  #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /**
   * Listens on all configured sockets. Rejects if one is used by another program, if one of a flag cannot be bound, or if
   * none can be bound. If a file has several, one at an address of another machine or without its certificate is left out
   * and logged, as in Icecast.
   */
  async open(config: Pick<OriginConfig, 'sockets' | 'tls'>, door: Door): Promise<BoundPorts> {
    const bound: { via: SocketSettings; port: number }[] = []
    const failed: { via: SocketSettings; error: unknown }[] = []
    for (const via of config.sockets) {
      try {
        bound.push({ via, port: await this.#openOne(config, via, door) })
      } catch (error) {
        if (!via.fromFile || (error instanceof BindError && error.isTaken)) throw error
        failed.push({ via, error })
      }
    }
    if (bound.length === 0) throw failed[0]?.error
    for (const { via, error } of failed) {
      log.error('socket left out', {
        port: via.port,
        bind: via.bind ?? '::',
        why: messageOf(error),
      })
    }
    const first = (is: (via: SocketSettings) => boolean) => bound.find(({ via }) => is(via))?.port
    const isHttp = ({ protocol }: SocketSettings) => protocol === 'http'
    const tlsPort = first((via) => isHttp(via) && via.secure)
    const port = first((via) => isHttp(via) && !via.secure) ?? tlsPort ?? 0
    return { port, tlsPort, shoutcastPort: first((via) => !isHttp(via)) }
  }

  async #openOne(
    config: Pick<OriginConfig, 'sockets' | 'tls'>,
    via: SocketSettings,
    door: Door,
  ): Promise<number> {
    const take = (socket: Socket) => door.accept(socket, via)
    const server = via.secure ? this.#createTls(config, take) : createServer(options, take)
    server.prependListener('connection', (socket: Socket) => {
      if (!door.lets(socket.remoteAddress)) socket.destroy()
    })
    const port = await bind(server, via)
    this.#servers.push(server)
    if ('setSecureContext' in server) this.#tlsServers.push(server)
    return port
  }

  /** Reads the certificate again, for new connections. @throws if it is invalid; then the old one stays */
  renewCertificate(certificate: Certificate): void {
    const read = readCertificate(certificate)
    for (const server of this.#tlsServers) server.setSecureContext(read)
  }

  /** Closes connections whose TLS handshake takes longer than this: Node and Bun report them, but leave them open. */
  expire(afterMs: number): void {
    this.#handshakes.expire(this.#nowMs(), afterMs)
  }

  /** Accepts no more connections; existing ones stay. */
  close(): void {
    for (const server of this.#servers) server.close()
  }

  #createTls({ tls }: Pick<OriginConfig, 'tls'>, take: (socket: Socket) => void): TlsServer {
    if (!tls) throw new Error('a socket with TLS needs a certificate')
    const server = createTlsServer({ ...options, ...readCertificate(tls) }, (socket) => {
      this.#handshakes.end(socket)
      take(socket)
    })
    server.on('connection', (socket) => {
      socket.on('error', ignore)
      if (!socket.destroyed) this.#handshakes.begin(socket, this.#nowMs())
    })
    // a connection that does not speak TLS stays open unless it is closed here
    server.on('tlsClientError', (_, socket) => socket.destroy())
    return server
  }
}

const readCertificate = ({ certFile, keyFile }: Certificate) => ({
  cert: readPem(certFile, 'certificate'),
  key: readPem(keyFile, 'key'),
})

function readPem(file: string, what: 'certificate' | 'key'): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Error(`cannot read the ${what} ${file}: ${messageOf(error)}`)
  }
}

/** A socket that cannot be bound. */
class BindError extends Error {
  override name = 'BindError'
  /** by another program */
  isTaken: boolean

  constructor({ port, bind: host, secure }: SocketSettings, why: unknown) {
    const flags = secure ? '--tls-port' : '--port, --bind'
    super(`cannot listen on ${printAddress(host ?? '::')}:${port}: ${reasonOf(why)} (${flags})`)
    this.isTaken = codeOf(why) === 'EADDRINUSE'
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EACCES: 'permission denied; ports below 1024 need root',
  EADDRNOTAVAIL: 'this machine does not have the address',
}
/** The runtimes word the same error differently. */
const reasonOf = (why: unknown) => valueIn(reasons, codeOf(why)) ?? messageOf(why)

const printAddress = (host: string) => (host.includes(':') ? `[${host}]` : host)

async function bind(server: Server, via: SocketSettings): Promise<number> {
  try {
    return await listenOn(server, via.port, via.bind ?? '::')
  } catch (error) {
    const noIpv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error))
    if (via.bind !== undefined || !noIpv6) throw new BindError(via, error)
    return listenOn(server, via.port, '0.0.0.0')
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')

function listenOn(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog: 4096 }, () => {
      server.off('error', reject)
      server.on('error', (error) => log.error('listening socket failed', { host, port, error }))
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
