import { Buffer } from 'node:buffer'
import type { ClientSocket, HttpConnection } from './connection.ts'
import type { Connections } from './connections.ts'

/** The part of Bun's sockets that is used; typed here, so that Bun's global types are not needed. */
interface BunSocket {
  data: { wire: BunWire; connection: HttpConnection | undefined }
  readonly remoteAddress: string
  /** returns the bytes that the system took; 'drain' follows if it did not take all */
  write(data: string | Uint8Array): number
  /** Ends this side: `end()` would close both, and reset a sender in the middle of its body. */
  shutdown(): void
  terminate(): void
  pause(): void
  resume(): void
}
interface BunLike {
  listen(options: {
    hostname: string
    port: number
    allowHalfOpen: boolean
    socket: {
      open(socket: BunSocket): void
      data(socket: BunSocket, bytes: Buffer): void
      drain(socket: BunSocket): void
      end(socket: BunSocket): void
      close(socket: BunSocket): void
      error(socket: BunSocket, error: Error): void
    }
  }): { port: number; stop(closeActive?: boolean): void }
}
declare const Bun: BunLike

/** One of Bun's native sockets: its `node:net` takes a third more time for a redirect. */
class BunWire implements ClientSocket {
  #socket: BunSocket
  #unsent: Buffer | undefined
  #done: (() => void) | undefined
  #isEnding = false

  constructor(socket: BunSocket) {
    this.#socket = socket
  }

  write(data: string | Uint8Array, how: 'latin1' | (() => void)): boolean {
    const sent = this.#unsent ? 0 : Math.max(0, this.#socket.write(data))
    const done = typeof how === 'function' ? how : undefined
    if (sent === data.length) {
      if (done) queueMicrotask(done)
      return true
    }
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : Buffer.from(data)
    this.#unsent = Buffer.concat([this.#unsent ?? Buffer.alloc(0), bytes.subarray(sent)])
    this.#done = done
    return false
  }

  /** The system accepts bytes again; returns whether it took all. */
  drained(): boolean {
    if (!this.#unsent) return true
    const sent = Math.max(0, this.#socket.write(this.#unsent))
    if (sent < this.#unsent.length) {
      this.#unsent = this.#unsent.subarray(sent)
      return false
    }
    this.#unsent = undefined
    const done = this.#done
    this.#done = undefined
    done?.()
    if (this.#isEnding) this.#socket.shutdown()
    return true
  }

  end(): void {
    this.#isEnding = true
    if (!this.#unsent) this.#socket.shutdown()
  }

  destroy(): void {
    this.#unsent = undefined
    this.#socket.terminate()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }
}

/** Binds an address with Bun's native sockets. */
export async function listenOnBun(host: string, port: number, connections: Connections) {
  const server = Bun.listen({
    hostname: host,
    port,
    allowHalfOpen: true,
    socket: {
      open(socket) {
        const wire = new BunWire(socket)
        socket.data = { wire, connection: undefined }
        socket.data.connection = connections.accept(wire, socket.remoteAddress)
      },
      data: (socket, bytes) => socket.data.connection?.receive(bytes),
      drain(socket) {
        const { wire, connection } = socket.data
        if (wire.drained()) connection?.drained()
      },
      end: (socket) => socket.data.connection?.halfClosed(),
      close(socket) {
        const { connection } = socket.data
        if (connection) connections.delete(connection)
      },
      error: (socket) => socket.terminate(),
    },
  })
  return { port: server.port, stop: () => server.stop() }
}
