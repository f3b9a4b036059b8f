import type { WrongLogins } from '../../shared/http/wrong-logins.ts'
import type { HeaderRule } from '../config/xml/headers.ts'
import type { Connection } from '../http/connection.ts'
import { beforeUnauthenticated, proven, realmHeader, unauthenticatedText } from '../http/logins.ts'
import { type Answer, finish, printReply } from '../http/reply.ts'
import type { Timers } from '../lib/timers.ts'
import { limits } from '../limits.ts'
import { printEvents } from './events.ts'
import { type StatsDeps, type StatsTree, statsTree } from './tree.ts'

const accepted = Buffer.from('HTTP/1.0 200 OK\r\n\r\n')

/** The part of a socket that a feed needs. */
export interface FeedSocket {
  write(bytes: string | Uint8Array): boolean
  /** bytes written that the system has not accepted yet */
  readonly writableLength: number
  once(event: 'close', listener: () => void): unknown
  destroy(): unknown
}

/** The connections that follow the stats: each gets all stats, then the changes. Checks for changes only while there is one. */
export class StatsFeeds {
  #deps: StatsDeps
  #timers: Timers
  #sockets = new Set<FeedSocket>()
  #told: StatsTree | undefined
  #cancel = () => {}

  constructor(deps: StatsDeps, timers: Timers) {
    this.#deps = deps
    this.#timers = timers
  }

  /** Answers `STATS /`: needs the admin's credentials, and a free feed. */
  follow(connection: Connection, wrongLogins: WrongLogins): void {
    const { config } = this.#deps
    const { socket, head, exchange } = connection
    if (!proven(config, head.headers.get('authorization')).admin)
      beforeUnauthenticated(connection, 'stats', wrongLogins, () =>
        finish(connection, refusal(401, unauthenticatedText, config.httpHeaders)),
      )
    else if (!this.add(socket)) finish(connection, refusal(503, 'too many stats feeds', config.httpHeaders))
    else {
      exchange.status = 200
      socket.resume()
    }
  }

  /** False if there are too many. */
  add(socket: FeedSocket): boolean {
    if (this.#sockets.size >= limits.feedsMax) return false
    const { load } = this.#deps.state
    load.feeds++
    load.feedsBegun++
    socket.once('close', () => {
      this.#sockets.delete(socket)
      load.feeds--
      if (this.#sockets.size > 0) return
      this.#cancel()
      this.#told = undefined
    })
    // brings the other feeds up to date, so that from now on all get the same changes
    if (this.#told) this.#look()
    this.#told ??= statsTree(this.#deps)
    socket.write(accepted)
    socket.write(printEvents(undefined, this.#told))
    this.#sockets.add(socket)
    if (this.#sockets.size === 1) this.#schedule()
    return true
  }

  #schedule(): void {
    this.#cancel = this.#timers.after(limits.feedMs, () => {
      this.#look()
      this.#schedule()
    })
  }

  #look(): void {
    const now = statsTree(this.#deps)
    const events = Buffer.from(printEvents(this.#told, now))
    this.#told = now
    if (events.length === 0) return
    for (const socket of this.#sockets) {
      socket.write(events)
      // changes cannot be skipped, and unread ones must not pile up
      if (socket.writableLength > limits.feedBytesMax) socket.destroy()
    }
  }
}

function refusal(status: 401 | 503, text: string, rules: readonly HeaderRule[]): Answer {
  const headers: (readonly [string, string])[] = [['Content-Type', 'text/plain; charset=utf-8']]
  if (status === 401) headers.push(realmHeader)
  return printReply({ version: '1.0', status, headers, rules, body: `${text}\r\n` })
}
