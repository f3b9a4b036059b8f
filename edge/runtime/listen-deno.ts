import { Buffer } from 'node:buffer'
import { setTimeout as wait } from 'node:timers/promises'
import { getLogger } from '@logtape/logtape'
import { edgeLimits } from '../limits.ts'
import type { ClientSocket } from './connection.ts'
import type { Connections } from './connections.ts'

const logger = getLogger(['distributary', 'edge'])

/** The part of Deno's sockets that is used; typed here, so that Deno's global types are not needed. */
interface DenoConn {
  readonly remoteAddr: { hostname: string }
  /** null: the other side has ended */
  read(into: Uint8Array): Promise<number | null>
  write(bytes: Uint8Array): Promise<number>
  closeWrite(): Promise<void>
  close(): void
  setNoDelay(): void
}
interface DenoListener {
  readonly addr: { port: number }
  accept(): Promise<DenoConn>
  close(): void
}
interface DenoLike {
  listen(options: { hostname: string; port: number }): DenoListener
}
declare const Deno: DenoLike

/** bytes read at a time: a request or two; every connection reserves that many, most of them unused */
const readBytes = 4096
/** ms after which connections are accepted again when the system had no descriptor for one */
const acceptAgainMs = 100

/** Bytes that were written, and the callback for when they are taken. */
interface Unsent {
  bytes: Uint8Array
  taken: (() => void) | undefined
}

/** One of Deno's native sockets: the server of its `node:net` stops accepting connections once descriptors have run out. */
class DenoWire implements ClientSocket {
  #conn: DenoConn
  #unsent: Unsent[] = []
  #unsentBytes = 0
  #isWriting = false
  #isEnding = false
  #isClosed = false
  #isPaused = false
  #resumed: () => void = () => {}
  #over = Promise.withResolvers<void>()
  /** called when the system accepts bytes again */
  drained: () => void = () => {}

  constructor(conn: DenoConn) {
    this.#conn = conn
  }

  /** Resolves once this side has ended, or the socket is closed. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  write(data: string | Uint8Array, how: 'latin1' | (() => void)): boolean {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
    this.#unsent.push({ bytes, taken: typeof how === 'function' ? how : undefined })
    this.#unsentBytes += bytes.length
    if (!this.#isWriting) this.#writeAll().catch(() => this.destroy())
    return this.#unsentBytes < edgeLimits.unsentBytesMax
  }

  end(): void {
    this.#isEnding = true
    if (!this.#isWriting) this.#endNow()
  }

  destroy(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#unsent = []
    this.#conn.close()
    this.#resumed()
    this.#over.resolve()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#resumed()
  }

  /** Reads until the other side has ended, or the socket is closed. */
  async readAll(receive: (bytes: Buffer) => void): Promise<void> {
    const room = Buffer.allocUnsafeSlow(readBytes)
    for (;;) {
      const size = await this.#conn.read(room)
      if (size === null || this.#isClosed) return
      receive(Buffer.from(room.subarray(0, size)))
      while (this.#isPaused && !this.#isClosed)
        await new Promise<void>((resolve) => {
          this.#resumed = resolve
        })
    }
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    for (let next = this.#unsent[0]; next; next = this.#unsent[0]) {
      const size = await this.#conn.write(next.bytes)
      const wasFull = this.#unsentBytes >= edgeLimits.unsentBytesMax
      this.#unsentBytes -= size
      if (size < next.bytes.length) {
        next.bytes = next.bytes.subarray(size)
        continue
      }
      this.#unsent.shift()
      next.taken?.()
      if (wasFull && this.#unsentBytes < edgeLimits.unsentBytesMax) this.drained()
    }
    this.#isWriting = false
    if (this.#isEnding) this.#endNow()
  }

  #endNow(): void {
    this.#conn.closeWrite().then(
      () => this.#over.resolve(),
      () => this.destroy(),
    )
  }
}

/** Binds an address with Deno's native sockets. */
export async function listenOnDeno(host: string, port: number, connections: Connections) {
  const listener = Deno.listen({ hostname: host, port })
  const running = { now: true }
  acceptAll(listener, connections, running)
  return {
    port: listener.addr.port,
    stop() {
      running.now = false
      listener.close()
    },
  }
}

/** Accepts connections; if there is no descriptor for one, it tries again a moment later. */
async function acceptAll(
  listener: DenoListener,
  connections: Connections,
  running: { now: boolean },
): Promise<void> {
  let isTold = false
  while (running.now)
    try {
      const conn = await listener.accept()
      isTold = false
      serve(conn, connections).catch(() => {})
    } catch (error) {
      if (!running.now) return
      // as text: to print the error object, Deno opens files, and exits if it cannot
      if (!isTold) logger.error('cannot accept connections', { why: String(error) })
      isTold = true
      await wait(acceptAgainMs)
    }
}

async function serve(conn: DenoConn, connections: Connections): Promise<void> {
  conn.setNoDelay()
  const wire = new DenoWire(conn)
  const connection = connections.accept(wire, conn.remoteAddr.hostname)
  if (!connection) return
  wire.drained = () => connection.drained()
  try {
    await wire.readAll((bytes) => connection.receive(bytes))
    connection.halfClosed()
    await wire.over
  } catch {
    // the connection was reset, or closed here
  }
  wire.destroy()
  connections.delete(connection)
}
