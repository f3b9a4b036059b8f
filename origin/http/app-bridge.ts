import { getLogger } from '@logtape/logtape'
import type { Hono } from 'hono'
import type { ClusterEnv, RequestFacts } from '../../shared/cluster-app.ts'
import { limits } from '../limits.ts'
import { isChunked, SizedBody } from '../source/body.ts'
import { runtimeTimers } from '../timers.ts'
import { ChunkedDecoder } from './chunked.ts'
import type { Connection, Serving } from './connection.ts'
import { proven } from './logins.ts'
import { finish, printReply, textReply } from './reply.ts'
import { Slots } from './slots.ts'

const log = getLogger(['distributary', 'http'])

/** Answers from a Hono app over a connection whose head we have read ourselves. */
export class AppBridge {
  #app: Hono<ClusterEnv>
  #serving: Serving
  /** requests without credentials cannot keep out those with */
  #slots = { public: new Slots(limits.publicRequestsMax), admin: new Slots(limits.adminRequestsMax) }

  constructor(app: Hono<ClusterEnv>, serving: Serving) {
    this.#app = app
    this.#serving = serving
  }

  async answer(connection: Connection): Promise<void> {
    const { socket, head } = connection
    const { source, relay, admin } = proven(this.#serving.config, head.headers.get('authorization'))
    const slots = source || relay || admin ? this.#slots.admin : this.#slots.public
    if (!slots.take()) {
      finish(socket, textReply(head.version, 503, 'too many requests under way'))
      return
    }
    try {
      const body = await this.#readBody(connection)
      if (body !== 'gone') finish(socket, await this.#respond(connection, body))
    } catch (error) {
      log.error('a request failed', { method: head.method, path: head.path, error })
      finish(socket, textReply(head.version, 500, 'internal error'))
    } finally {
      slots.release()
    }
  }

  async #respond(connection: Connection, body: Uint8Array<ArrayBuffer>): Promise<Buffer> {
    const { head } = connection
    const request = requestOf(connection, body)
    if (!request) return textReply(head.version, 405, `the method ${head.method} is not served here`)
    const response = await this.#app.fetch(request, this.#factsOf(connection))
    return printReply({
      version: head.version,
      status: response.status,
      headers: [...response.headers].filter(([name]) => name !== 'content-length'),
      body: new Uint8Array(await response.arrayBuffer()),
      headOnly: head.method === 'HEAD',
    })
  }

  #factsOf({ address, secure }: Connection): RequestFacts {
    const { publicUrls } = this.#serving.config
    const scheme = secure ? 'https:' : 'http:'
    return { address, secure, base: publicUrls.find((url) => url.startsWith(scheme)) ?? publicUrls[0] }
  }

  /**
   * The whole body, at most `bodyBytesMax` of it: what is longer is cut there, and the app sees that it is too long.
   * `gone` where the connection ended first, or was closed for taking too long.
   */
  #readBody({ socket, head, rest }: Connection): Promise<Uint8Array<ArrayBuffer> | 'gone'> {
    const length = Number(head.headers.get('content-length') ?? 0)
    if (!isChunked(head.headers) && !(length > 0)) return Promise.resolve(new Uint8Array(0))
    // the app refuses by the length alone; the bytes need not come first
    if (length > limits.bodyBytesMax) return Promise.resolve(new Uint8Array(0))
    if (/100-continue/i.test(head.headers.get('expect') ?? '')) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
    const bytes: Uint8Array[] = []
    let size = 0
    const keep = (part: Uint8Array) => {
      size += part.length
      if (size <= limits.bodyBytesMax) bytes.push(part)
    }
    const body = isChunked(head.headers) ? new ChunkedDecoder(keep) : new SizedBody(length, keep)
    return new Promise((resolve, reject) => {
      const settle = (result: Uint8Array<ArrayBuffer> | 'gone') => {
        cancel()
        socket.off('data', onData).off('close', onClose).off('end', onClose)
        resolve(result)
      }
      const onClose = () => settle('gone')
      const onData = (part: Uint8Array) => {
        try {
          body.push(part)
        } catch (error) {
          cancel()
          reject(error)
          return
        }
        if (body.done || size > limits.bodyBytesMax) settle(Buffer.concat(bytes))
      }
      const cancel = runtimeTimers.after(this.#serving.config.limits.headerTimeoutMs, () => {
        settle('gone')
        socket.destroy()
      })
      socket.on('data', onData).once('close', onClose).once('end', onClose)
      if (rest.length > 0) onData(rest)
    })
  }
}

/** The request as the app takes it; undefined where the platform knows no such method. */
function requestOf({ head }: Connection, body: Uint8Array<ArrayBuffer>): Request | undefined {
  const hasBody = head.method !== 'GET' && head.method !== 'HEAD' && body.length > 0
  try {
    return new Request(`http://origin${head.path}${head.query}`, {
      method: head.method,
      headers: new Headers([...head.headers]),
      body: hasBody ? body : null,
    })
  } catch {
    return undefined
  }
}
