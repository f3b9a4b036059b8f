import type { Socket } from 'node:net'
import { getLogger } from '@logtape/logtape'
import type { Hono } from 'hono'
import type { ClusterEnv, RequestFacts } from '../../shared/api/routes.ts'
import { requestOfAnyMethod } from '../../shared/http/any-method.ts'
import { parseBasic } from '../../shared/http/credentials.ts'
import { limits as reportLimits } from '../../shared/limits.ts'
import { readBody } from '../http/body.ts'
import { ChunkError } from '../http/chunked.ts'
import type { Connection } from '../http/connection.ts'
import { beforeUnauthenticated, proven } from '../http/logins.ts'
import { mountParam, parseParams } from '../http/params.ts'
import { type Answer, finish, printReply, textReply } from '../http/reply.ts'
import { SharedSlots, Slots } from '../lib/slots.ts'
import { limits } from '../limits.ts'
import type { Serving } from './serving.ts'
import { Waiting } from './waiting.ts'

const log = getLogger(['distributary', 'http'])

/** The class of a request, by its login and before its body is read. */
type Standing =
  /** a health check: separate, so that nothing delays it */
  | 'health'
  /** without a login, or with one that only a backend may know */
  | 'public'
  /** by the admin, a relay, or the source of the mount in its query */
  | 'proven'

const noBody = new Uint8Array(0)

/** Answers from a Hono app on a connection whose request head is already read. */
export class AppBridge {
  #app: Hono<ClusterEnv>
  #serving: Serving
  /** requests without credentials cannot block those with, nor one network the others */
  #slots = {
    public: new SharedSlots({
      all: limits.publicRequestsMax,
      address: limits.publicRequestsPerNetworkMax,
      network: limits.publicRequestsPerNetworkMax,
    }),
    proven: new Slots(limits.adminRequestsMax),
  }
  /** a body that is still arriving holds no slot */
  #bodies = {
    public: new Waiting<Socket>(limits.publicBodiesMax),
    proven: new Waiting<Socket>(limits.adminBodiesMax),
  }

  constructor(app: Hono<ClusterEnv>, serving: Serving) {
    this.#app = app
    this.#serving = serving
  }

  async answer(connection: Connection): Promise<void> {
    const { head, socket, address } = connection
    const standing = standingOf(connection, this.#serving)
    if (standing === 'proven') this.#serving.wrongLogins.right(address, head.headers.get('authorization'))
    try {
      const body = await this.#bodyOf(connection, standing)
      if (body === 'gone') socket.destroy()
      else await this.#answerInTurn(connection, standing, body)
    } catch (error) {
      const { httpHeaders: rules } = this.#serving.config
      if (error instanceof ChunkError) {
        finish(connection, textReply(head.version, 400, error.message, rules))
        return
      }
      log.error('request failed', { method: head.method, path: head.path, error })
      finish(connection, textReply(head.version, 500, 'internal error', rules))
    }
  }

  /** Answers if a slot is free, and releases it when the system has accepted the answer, which is in memory until then. */
  async #answerInTurn(
    connection: Connection,
    standing: Standing,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { address, head } = connection
    if (standing === 'health') {
      finish(connection, await this.#respond(connection, body))
      return
    }
    const slots = this.#slots[standing]
    if (!slots.take(address)) {
      const { httpHeaders: rules } = this.#serving.config
      finish(connection, textReply(head.version, 503, 'too many requests in progress', rules))
      return
    }
    let answer: Answer
    try {
      answer = await this.#respond(connection, body)
    } catch (error) {
      slots.release(address)
      throw error
    }
    if (answer.status !== 401) {
      finish(connection, answer, () => slots.release(address))
      return
    }
    slots.release(address)
    const door = head.path.startsWith('/admin') ? 'admin' : 'api'
    beforeUnauthenticated(connection, door, this.#serving.wrongLogins, () => finish(connection, answer))
  }

  /** The body, if the request may have one: a request without a login is not allowed to do anything that needs a body. */
  async #bodyOf(connection: Connection, standing: Standing): Promise<Uint8Array<ArrayBuffer> | 'gone'> {
    const { socket, head, address } = connection
    const isLoggedIn = head.headers.has('authorization')
    if (head.method === 'GET' || head.method === 'HEAD' || !isLoggedIn || standing === 'health') return noBody
    const { config, nowMs } = this.#serving
    const bodies = this.#bodies[standing]
    const place = bodies.enter(socket, address)
    bodies.add(place, nowMs())?.destroy()
    try {
      return await readBody(connection, {
        bytesMax: bodyBytesMax(connection, standing),
        withinMs: config.limits.headerTimeoutMs,
      })
    } finally {
      bodies.leave(place)
    }
  }

  async #respond(connection: Connection, body: Uint8Array<ArrayBuffer>): Promise<Answer> {
    const { head } = connection
    const { httpHeaders: rules } = this.#serving.config
    const response = await this.#app.fetch(requestOf(connection, body), this.#factsOf(connection))
    const sent = new Uint8Array(await response.arrayBuffer())
    const headers = [...response.headers].filter(([name]) => name !== 'content-length')
    // Bun does not show the type of a response that is made of a text
    if (sent.length > 0 && !response.headers.has('content-type'))
      headers.push(['Content-Type', 'text/plain; charset=utf-8'])
    return printReply({
      version: head.version,
      status: response.status,
      rules,
      headers,
      body: sent,
      headOnly: head.method === 'HEAD',
    })
  }

  #factsOf({ address, secure, head: { method } }: Connection): RequestFacts {
    const { publicUrls } = this.#serving.config
    const scheme = secure ? 'https:' : 'http:'
    const base = publicUrls.find((url) => url.startsWith(scheme)) ?? publicUrls[0]
    const other = publicUrls.find((url) => !url.startsWith(base?.startsWith('https:') ? 'https:' : 'http:'))
    const bases = [base, other].filter((url) => url !== undefined)
    return { address, secure, base, bases, head: method === 'HEAD' }
  }
}

function standingOf({ head }: Connection, { config, auth }: Serving): Standing {
  if (head.path === '/healthz') return 'health'
  const authorization = head.headers.get('authorization')
  const { relay, admin } = proven(config, authorization)
  if (relay || admin) return 'proven'
  const mount = authorization && mountParam(parseParams(head.query))
  return mount && auth.isSource(mount, parseBasic(authorization)) ? 'proven' : 'public'
}

/** A report may be large; every other body is a form. */
const bodyBytesMax = ({ head }: Connection, standing: Standing): number =>
  head.path === '/admin/sourcelist.txt' && standing === 'proven'
    ? reportLimits.reportBytesMax
    : limits.formBytesMax

/** The request for the app. A HEAD becomes a GET, so that its Content-Length is that of the GET. */
const requestOf = ({ head }: Connection, body: Uint8Array<ArrayBuffer>): Request =>
  requestOfAnyMethod(`http://origin${head.path}${head.query}`, head.method === 'HEAD' ? 'GET' : head.method, {
    headers: new Headers([...head.headers]),
    body: body.length > 0 ? body : null,
  })
