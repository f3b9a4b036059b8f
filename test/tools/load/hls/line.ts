import { connect, type Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { unchunked } from './chunks.ts'
import type { Came } from './player.ts'

/** What to ask for, and of whom. */
export interface Request {
  host: string
  port: number
  /** with the query */
  path: string
  /** text is read, bytes are kept; what is dropped is counted */
  body: 'text' | 'bytes' | 'dropped'
}

/** bytes of one read; all connections share one buffer, since what is kept of it is copied */
const shared = Buffer.alloc(65_536)
const headEnd = Buffer.from('\r\n\r\n')
/** bytes of an answer's head */
const headBytesMax = 16_384

/**
 * One connection of a player, which asks for one thing at a time and stays open: it costs its process as little as possible, because
 * thousands are on the machine of their server. It reads HTTP/1.1 answers that have a length, and those in chunks, which are short texts.
 */
export class Line {
  readonly #socket: Socket
  #asked: { body: Request['body']; done: (came: Came) => void } | undefined
  #head = Buffer.alloc(0)
  #status = 0
  #retrySeconds: number | undefined
  #isPacked = false
  /** bytes of the body that are still to come; undefined before the end of the head */
  #left: number | undefined
  /** what came of a body in chunks; undefined: it has a length */
  #chunks: Buffer | undefined
  #kept: Buffer[] = []
  isOpen = true
  /** of the system, such as `ECONNREFUSED` */
  #error: string | undefined
  received = 0

  /** @param from address of this player, so that a server can tell many of them apart */
  constructor({ host, port }: Pick<Request, 'host' | 'port'>, from: string | undefined) {
    this.#socket = connect({
      host,
      port,
      ...(from !== undefined && { localAddress: from }),
      onread: {
        buffer: shared,
        callback: (count: number) => {
          this.#read(shared.subarray(0, count))
          return true
        },
      },
    })
    this.#socket.setNoDelay(true)
    // 'close' follows
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error.code
    })
    this.#socket.once('close', () => this.#close(this.#error ?? 'connection closed'))
  }

  get isIdle(): boolean {
    return this.isOpen && this.#asked === undefined
  }

  /** Asks; the line has to be idle. `done` is called once. */
  ask({ host, port, path, body }: Request, done: (came: Came) => void): void {
    this.#asked = { body, done }
    const packing = body === 'text' ? 'Accept-Encoding: gzip\r\n' : ''
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUser-Agent: hls-load\r\n${packing}\r\n`,
    )
  }

  /** Gives up what was asked, as after a time without an answer. @param why it is told of with `status` 0 */
  close(why = 'given up'): void {
    this.#socket.destroy()
    this.#close(why)
  }

  #close(why: string): void {
    this.isOpen = false
    this.#done({ status: 0, text: '', why })
  }

  #read(bytes: Buffer): void {
    this.received += bytes.length
    if (this.#left !== undefined) {
      this.#readBody(bytes)
      return
    }
    this.#head = Buffer.concat([this.#head, bytes])
    const end = this.#head.indexOf(headEnd)
    if (end < 0) {
      if (this.#head.length > headBytesMax) this.close('head too long')
      return
    }
    const head = this.#head.toString('latin1', 0, end)
    const rest = this.#head.subarray(end + headEnd.length)
    this.#head = Buffer.alloc(0)
    this.#status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0)
    this.#isPacked = /\r\ncontent-encoding: ?gzip/i.test(head)
    const retry = /\r\nretry-after: ?(\d+)/i.exec(head)?.[1]
    this.#retrySeconds = retry === undefined ? undefined : Number(retry)
    const length = /\r\ncontent-length: ?(\d+)/i.exec(head)?.[1]
    const isChunked = /\r\ntransfer-encoding: ?chunked/i.test(head)
    if (length === undefined && !isChunked) {
      this.close('no length') // nobody here reads a body that ends with its connection
      return
    }
    this.#chunks = isChunked ? Buffer.alloc(0) : undefined
    if (/\r\nconnection: ?close/i.test(head)) this.isOpen = false
    this.#left = isChunked ? 0 : Number(length)
    this.#readBody(rest)
  }

  #readBody(bytes: Buffer): void {
    if (this.#chunks) {
      this.#readChunks(this.#chunks, bytes)
      return
    }
    this.#left = (this.#left ?? 0) - bytes.length
    if (this.#asked && this.#asked.body !== 'dropped' && bytes.length > 0) this.#kept.push(Buffer.from(bytes))
    if (this.#left > 0) return
    const kept = Buffer.concat(this.#kept)
    this.#kept = []
    this.#end(kept)
  }

  #readChunks(before: Buffer, bytes: Buffer): void {
    this.#chunks = Buffer.concat([before, bytes])
    const body = unchunked(this.#chunks)
    if (body === undefined) return
    this.#chunks = undefined
    this.#end(body)
  }

  #end(kept: Buffer): void {
    this.#left = undefined
    const body = this.#isPacked ? gunzipSync(kept) : kept
    const text = this.#asked?.body === 'text' ? body.toString() : ''
    this.#done({ status: this.#status, text, bytes: body, retrySeconds: this.#retrySeconds })
  }

  #done(came: Came): void {
    const { done } = this.#asked ?? {}
    this.#asked = undefined
    done?.(came)
  }
}
