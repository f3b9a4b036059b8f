import { getLogger } from '@logtape/logtape'
import { preflightHeaders } from '../../shared/redirect.ts'
import { resolveAlias } from '../files/aliases.ts'
import { answerTitles } from '../source/shoutcast-titles.ts'
import { takeSource } from '../source/source.ts'
import type { AppBridge } from './app-bridge.ts'
import type { Connection, Serving } from './connection.ts'
import { fileOr } from './file-or.ts'
import { listen } from './listen.ts'
import { finish, printReply, textReply } from './reply.ts'
import { allowHeader, routeOf } from './routes.ts'

const log = getLogger(['distributary', 'http'])
const askedHeaders = 'access-control-request-headers'

/** Hands each request to who answers it. */
export class Router {
  #serving: Serving
  #bridge: AppBridge

  constructor(serving: Serving, bridge: AppBridge) {
    this.#serving = serving
    this.#bridge = bridge
  }

  /** Answers a request, or hands its connection to who does; aliases count first. */
  route(asked: Connection): void {
    const { config, state, files, feeds } = this.#serving
    const { httpHeaders: rules, paths } = config
    const path = resolveAlias(paths.aliases, asked.head.path, asked.via)
    const connection = path === asked.head.path ? asked : { ...asked, head: { ...asked.head, path } }
    const { head } = connection
    const route = routeOf(head, (mount) => state.mounts.get(mount) !== undefined)
    if (route.to !== 'source') state.load.requests++
    switch (route.to) {
      case 'listener':
        listen(connection, route.mount, this.#serving)
        break
      case 'source':
        takeSource(connection, route.mount, this.#serving)
        break
      case 'titles':
        this.#setTitle(connection)
        break
      case 'app':
        this.#bridge.answer(connection)
        break
      case 'playlist':
        fileOr(connection, { files, rules, otherwise: () => this.#bridge.answer(connection) })
        break
      case 'stats':
        feeds.follow(connection)
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
        finish(connection, textReply(head.version, route.status, route.text, rules))
    }
  }

  #setTitle(connection: Connection): void {
    answerTitles(connection, this.#serving).then(
      (answer) => finish(connection, answer),
      (error: unknown) => {
        log.error('a title could not be set', { error })
        connection.socket.destroy()
      },
    )
  }
}
