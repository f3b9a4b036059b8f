import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { getLogger } from '@logtape/logtape'
import { monotonicNowMs } from '../../shared/clock.ts'
import { type Blocks, isIn, networkOf, plainAddress } from '../../shared/http/address.ts'
import { limits } from '../../shared/limits.ts'
import { FewLines } from '../../shared/log/few-lines.ts'
import { boundsFor, Crowd } from '../http/crowd.ts'
import { httpLimits } from '../http/limits.ts'
import { type ClientSocket, type ConnectionContext, HttpConnection } from './connection.ts'
import type { Answers } from './listening.ts'

const logger = getLogger(['distributary', 'edge'])

/** The connections of a server, and the clock for their deadlines. */
export class Connections implements ConnectionContext {
  readonly answers: Answers
  nowMs = monotonicNowMs()
  isClosing = false
  readonly badRequests = new FewLines(limits.badRequestLines)
  #proxies: Blocks
  #crowd = new Crowd<HttpConnection>(boundsFor(descriptorsMax(), httpLimits))
  #unreadBytes = 0
  #closedForOthers = 0
  #toldAtMs = Number.NEGATIVE_INFINITY
  #sweeping = setInterval(() => this.#sweep(), httpLimits.sweepMs)

  constructor(answers: Answers, proxies: Blocks) {
    this.answers = answers
    this.#proxies = proxies
  }

  /** Accepts a connection; undefined if it has closed already, or there is no room for it. */
  accept(wire: ClientSocket, peer: string | undefined): HttpConnection | undefined {
    const address = plainAddress(peer)
    const connection =
      address === undefined ? undefined : new HttpConnection(wire, address, this.#networkOf(address), this)
    if (connection && this.#add(connection)) return connection
    wire.destroy()
    return undefined
  }

  /** From now on the bound on connections of one network holds for the client's, as if it had connected itself. */
  named(connection: HttpConnection, address: string): boolean {
    this.#crowd.delete(connection)
    connection.network = this.#networkOf(address)
    return this.#add(connection)
  }

  /** Adds a connection, and closes the one that has to go for it; returns whether that is another. */
  #add(connection: HttpConnection): boolean {
    const leaving = this.#crowd.add(connection)
    if (leaving) this.#closedForOthers++
    leaving?.destroy()
    return leaving !== connection
  }

  /** Removes a connection that is closed. */
  delete(connection: HttpConnection): void {
    connection.closed()
    this.#crowd.delete(connection)
  }

  countUnread(bytes: number): void {
    this.#unreadBytes += bytes
    if (bytes > 0 && this.#unreadBytes > httpLimits.unreadBytesMax) this.#closeSlowest()
  }

  /** Ends idle connections, lets requests in progress finish, and closes the rest after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.isClosing = true
    for (const connection of [...this.#crowd.members()]) connection.leave()
    for (let waited = 0; this.#crowd.size > 0 && waited < graceMs; waited += 20) await wait(20)
    clearInterval(this.#sweeping)
    for (const connection of [...this.#crowd.members()]) connection.destroy()
  }

  #networkOf(address: string): string | undefined {
    if (this.#proxies.length > 0 && isIn(address, this.#proxies)) return undefined
    return networkOf(address, httpLimits.networkBits) ?? address
  }

  #sweep(): void {
    this.nowMs = monotonicNowMs()
    for (const connection of this.#crowd.members()) connection.sweep()
    if (this.#closedForOthers === 0 || this.nowMs - this.#toldAtMs < httpLimits.crowdedLogMs) return
    this.#toldAtMs = this.nowMs
    logger.warning('too many connections: idle ones closed to make room', {
      closed: this.#closedForOthers,
      connections: this.#crowd.size,
    })
    this.#closedForOthers = 0
  }

  #closeSlowest(): void {
    let slowest: HttpConnection | undefined
    let sinceMs = Number.POSITIVE_INFINITY
    for (const connection of this.#crowd.members()) {
      const since = connection.unreadSinceMs ?? Number.POSITIVE_INFINITY
      if (since >= sinceMs) continue
      slowest = connection
      sinceMs = since
    }
    slowest?.destroy()
  }
}

/** The limit on open descriptors; undefined if the system does not tell it as Linux does. */
function descriptorsMax(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
