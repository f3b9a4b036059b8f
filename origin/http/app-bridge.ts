import { getLogger } from '@logtape/logtape'
import type { Hono } from 'hono'
import type { ClusterEnv, RequestFacts } from '../../shared/cluster-app.ts'
import { parseBasic } from '../../shared/credentials.ts'
import { mountParam, parseParams } from '../admin/params.ts'
import { limits } from '../limits.ts'
import { readBody } from './body.ts'
import { ChunkError } from './chunked.ts'
import type { Connection, Serving } from './connection.ts'
import { proven } from './logins.ts'
import { type Answer, finish, printReply, textReply } from './reply.ts'
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
    const { httpHeaders: rules } = this.#serving.config
    const slots = hasCredentials(connection, this.#serving) ? this.#slots.admin : this.#slots.public
    if (!slots.take()) {
      finish(connection, textReply(head.version, 503, 'too many requests under way', rules))
      return
    }
    try {
      const withinMs = this.#serving.config.limits.headerTimeoutMs
      const body = await readBody(connection, { bytesMax: limits.bodyBytesMax, withinMs })
      if (body === 'gone') socket.destroy()
      else finish(connection, await this.#respond(connection, body))
    } catch (error) {
      if (error instanceof ChunkError) {
        finish(connection, textReply(head.version, 400, error.message, rules))
        return
      }
      log.error('a request failed', { method: head.method, path: head.path, error })
      finish(connection, textReply(head.version, 500, 'internal error', rules))
    } finally {
      slots.release()
    }
  }

  async #respond(connection: Connection, body: Uint8Array<ArrayBuffer>): Promise<Answer> {
    const { head } = connection
    const { httpHeaders: rules } = this.#serving.config
    const request = requestOf(connection, body)
    if (!request) return textReply(head.version, 405, `the method ${head.method} is not served here`, rules)
    const response = await this.#app.fetch(request, this.#factsOf(connection))
    return printReply({
      version: head.version,
      status: response.status,
      rules,
      headers: [...response.headers].filter(([name]) => name !== 'content-length'),
      body: new Uint8Array(await response.arrayBuffer()),
      headOnly: head.method === 'HEAD',
    })
  }

  #factsOf({ address, via: { secure }, head: { method } }: Connection): RequestFacts {
    const { publicUrls } = this.#serving.config
    const scheme = secure ? 'https:' : 'http:'
    const base = publicUrls.find((url) => url.startsWith(scheme)) ?? publicUrls[0]
    const other = publicUrls.find((url) => !url.startsWith(base?.startsWith('https:') ? 'https:' : 'http:'))
    const bases = [base, other].filter((url) => url !== undefined)
    return { address, secure, base, bases, head: method === 'HEAD' }
  }
}

/** Whether a request shows a login of ours: the admin's, a relay's, or that of the source whose mount its query names. */
function hasCredentials({ head }: Connection, { config, access }: Serving): boolean {
  const authorization = head.headers.get('authorization')
  const { relay, admin } = proven(config, authorization)
  if (relay || admin) return true
  const mount = authorization && mountParam(parseParams(head.query))
  return !!mount && access.isSource(mount, parseBasic(authorization))
}

/**
 * The request as the app takes it; undefined where the platform knows no such method. A HEAD goes in as a GET, so that
 * the length that it tells is the GET's.
 */
function requestOf({ head }: Connection, body: Uint8Array<ArrayBuffer>): Request | undefined {
  const hasBody = head.method !== 'GET' && head.method !== 'HEAD' && body.length > 0
  try {
    return new Request(`http://origin${head.path}${head.query}`, {
      method: head.method === 'HEAD' ? 'GET' : head.method,
      headers: new Headers([...head.headers]),
      body: hasBody ? body : null,
    })
  } catch {
    return undefined
  }
}
