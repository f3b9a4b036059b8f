import { getLogger } from '@logtape/logtape'
import { preflightHeaders } from '../../shared/draw/redirect.ts'
import { resolveAlias } from '../files/aliases.ts'
import { answerMultivariant } from '../hls/serve/multivariant.ts'
import { answerHls, answerNoObject } from '../hls/serve/serve.ts'
import { type Connection, takeSocket } from '../http/connection.ts'
import { afterwards } from '../http/logins.ts'
import { type Answer, allowHeader, finish, printReply, textReply } from '../http/reply.ts'
import { utf8Path } from '../http/utf8-path.ts'
import { fileOr } from '../listen/file-or.ts'
import { answerListener } from '../listen/listen.ts'
import { refuseReserved } from '../source/refuse.ts'
import { answerTitles } from '../source/shoutcast-titles.ts'
import { takeSource } from '../source/source.ts'
import type { AppBridge } from './app-bridge.ts'
import { isOfSource, routeOf } from './routes.ts'
import type { Serving } from './serving.ts'

const log = getLogger(['distributary', 'http'])
const askedHeaders = 'access-control-request-headers'

/** Routes each request to its handler. */
export class Router {
  #serving: Serving
  #bridge: AppBridge

  constructor(serving: Serving, bridge: AppBridge) {
    this.#serving = serving
    this.#bridge = bridge
  }

  /** Handles a request; if its network has many wrong logins, a login waits for its turn. */
  route(connection: Connection): void {
    const authorization = connection.head.headers.get('authorization')
    if (authorization === undefined) this.#route(connection)
    else {
      takeSocket(connection)
      this.#inTurn(connection, authorization, () => this.#route(connection))
    }
  }

  #inTurn(connection: Connection, secret: string, call: () => void): void {
    const { socket, head, address } = connection
    const turn = this.#serving.wrongLogins.turn(address, secret)
    if (turn === undefined) call()
    else if (turn === 'busy') {
      const { httpHeaders: rules } = this.#serving.config
      finish(connection, textReply(head.version, 503, 'too many wrong logins, try again later', rules))
    } else {
      socket.pause() // a source may already send audio
      afterwards(socket, turn, () => {
        socket.resume()
        call()
      })
    }
  }

  /** Aliases are resolved first, except for sources (Icecast 2.4). */
  #route(asked: Connection): void {
    const { config, state, files, feeds } = this.#serving
    const { httpHeaders: rules, paths } = config
    const named = utf8Path(asked.head.path)
    const path = isOfSource(asked.head) ? named : resolveAlias(paths.aliases, named, asked.via)
    const connection = path === asked.head.path ? asked : { ...asked, head: { ...asked.head, path } }
    const { head } = connection
    const route = routeOf(head, (mount) => state.mounts.get(mount) !== undefined)
    if (route.to !== 'source' && route.to !== 'reserved') state.load.requests++
    if (route.to !== 'hls') takeSocket(connection)
    switch (route.to) {
      case 'listener':
        answerListener(connection, route.mount, this.#serving)
        break
      case 'source':
        takeSource(connection, route.mount, this.#serving)
        break
      case 'reserved':
        refuseReserved(connection, this.#serving, route)
        break
      case 'titles':
        this.#setTitle(connection)
        break
      case 'app':
        this.#bridge.answer(connection)
        break
      case 'hls':
        if (route.asked) answerHls(connection, route.asked.mount, route.asked.object, this.#serving)
        else answerNoObject(connection, rules, this.#serving)
        break
      case 'multivariant':
        fileOr(connection, {
          files,
          rules,
          otherwise: () => answerMultivariant(connection, route.mount, this.#serving),
        })
        break
      case 'playlist':
        fileOr(connection, { files, rules, otherwise: () => this.#bridge.answer(connection) })
        break
      case 'stats':
        feeds.follow(connection, this.#serving.wrongLogins)
        break
      case 'preflight':
        finish(
          connection,
          printReply({
            version: head.version,
            status: 204,
            headers: [...Object.entries(preflightHeaders(head.headers.get(askedHeaders))), allowHeader],
            rules,
          }),
        )
        break
      case 'refusal':
        finish(connection, textReply(head.version, route.status, route.text, rules, namesMethods(route)))
    }
  }

  /** Sets a title; the password is in the query. */
  #setTitle(connection: Connection): void {
    const { head, address, socket } = connection
    const { wrongLogins } = this.#serving
    const answer = (printed: Answer) => {
      if (printed.status !== 401) {
        finish(connection, printed)
        return
      }
      const wrong = wrongLogins.wrong({ door: 'titles', address, user: undefined, path: head.path })
      afterwards(socket, wrong, () => finish(connection, printed))
    }
    this.#inTurn(connection, head.query, () => {
      answerTitles(connection, this.#serving).then(answer, (error: unknown) => {
        log.error('cannot set title', { error })
        socket.destroy()
      })
    })
  }
}

/** A 405 names the methods (RFC 9110 §15.5.6). */
const namesMethods = ({ status }: { status: number }) => (status === 405 ? [allowHeader] : [])
