import { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { edgeLimits } from '../limits.ts'
import type { Listen, Peer } from '../listening.ts'
import { answerPlainly } from '../plain-answers.ts'
import { createHttp } from './http.ts'

/** What is used of Bun's sockets; typed here, so that its global types stay out of ours. */
interface BunSocket {
  data: Connection
  readonly remoteAddress: string
  /** the bytes that the system took; 'drain' follows where it did not take all */
  write(data: string | Uint8Array): number
  end(): void
  terminate(): void
  timeout(seconds: number): void
  pause(): void
  resume(): void
}
interface BunServer {
  port: number
  stop(closeActive?: boolean): void
}
interface BunLike {
  listen(options: {
    hostname: string
    port: number
    socket: {
      open(socket: BunSocket): void
      data(socket: BunSocket, bytes: Buffer): void
      drain(socket: BunSocket): void
      close(socket: BunSocket): void
      error(socket: BunSocket, error: Error): void
      timeout(socket: BunSocket): void
    }
  }): BunServer
}
declare const Bun: BunLike

interface Connection {
  peer: Peer
  /** once a request came that needs an HTTP server */
  bridge: Bridge | undefined
}

/** A socket of Bun's as the stream that an HTTP server wants. */
class Bridge extends Duplex {
  readonly remoteAddress: string
  #socket: BunSocket
  #unsent: { bytes: Buffer; done: () => void } | undefined

  constructor(socket: BunSocket) {
    super()
    this.#socket = socket
    this.remoteAddress = socket.remoteAddress
  }

  receive(bytes: Buffer): void {
    if (!this.push(bytes)) this.#socket.pause()
  }

  /** The system takes bytes again. */
  drained(): void {
    const unsent = this.#unsent
    this.#unsent = undefined
    if (unsent) this.#send(unsent.bytes, unsent.done)
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.#send(bytes, done)
  }

  override _final(done: () => void): void {
    this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate()
    done(error)
  }

  #send(bytes: Buffer, done: () => void): void {
    const sent = Math.max(0, this.#socket.write(bytes))
    if (sent === bytes.length) done()
    else this.#unsent = { bytes: bytes.subarray(sent), done }
  }
}

/**
 * A connection begins as a bare socket, on which the plain requests of listeners are answered by one write: a Request
 * and a Response for each cost more than all the rest. At the first other request the connection is handed on to an
 * HTTP server, and stays there.
 */
export const listen: Listen = async (host, port, answers) => {
  const http = createHttp(answers)
  const sockets = new Set<BunSocket>()
  const server = Bun.listen({
    hostname: host,
    port,
    socket: {
      open(socket) {
        const { remoteAddress } = socket
        socket.data = { peer: () => remoteAddress, bridge: undefined }
        socket.timeout(edgeLimits.idleMs / 1000)
        sockets.add(socket)
      },
      data(socket, bytes) {
        const { peer, bridge } = socket.data
        socket.timeout(edgeLimits.idleMs / 1000)
        if (bridge) return bridge.receive(bytes)
        const { text, read, keepAlive } = answerPlainly(bytes.toString('latin1'), answers.redirect, peer)
        // where the system does not take it all, it asks on and on, and reads no answer
        if (text !== '' && socket.write(text) < text.length) return socket.terminate()
        if (!keepAlive) return socket.end()
        if (read === bytes.length) return
        const created = new Bridge(socket)
        socket.data.bridge = created
        http.emit('connection', created)
        created.receive(bytes.subarray(read))
      },
      drain: (socket) => socket.data.bridge?.drained(),
      close(socket) {
        sockets.delete(socket)
        socket.data.bridge?.destroy()
      },
      error: (socket) => socket.terminate(),
      timeout: (socket) => socket.terminate(),
    },
  })
  return {
    port: server.port,
    async close(graceMs) {
      server.stop()
      for (const socket of sockets) if (!socket.data.bridge) socket.end()
      http.closeIdleConnections()
      for (let waited = 0; sockets.size > 0 && waited < graceMs; waited += 20) await wait(20)
      server.stop(true)
    },
  }
}
