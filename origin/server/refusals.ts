import type { Socket } from 'node:net'
import { getLogger } from '@logtape/logtape'
import { endSoon, textReply } from '../http/reply.ts'
import { limits } from '../limits.ts'
import type { Serving } from './serving.ts'

const log = getLogger(['distributary', 'http'])

/** Refuses clients at once for lack of descriptors: otherwise they would hang, or be closed without an answer. */
export class Refusals {
  #serving: Pick<Serving, 'config' | 'nowMs'>
  /** connections that are being refused */
  #sockets = new Set<Socket>()
  /** since the last log line */
  #refused = 0
  #loggedMs = Number.NEGATIVE_INFINITY

  constructor(serving: Pick<Serving, 'config' | 'nowMs'>) {
    this.#serving = serving
  }

  /** @param connections those that are served, for the log */
  refuse(socket: Socket, connections: number): void {
    this.#refused++
    this.#log(connections)
    if (this.#sockets.size >= limits.refusalsMax) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const { httpHeaders } = this.#serving.config
    endSoon(socket, textReply('1.1', 503, 'the server has no room for another connection', httpHeaders).bytes)
  }

  /** One line in a while, with the number of refusals since the last. */
  #log(connections: number): void {
    const { nowMs, config } = this.#serving
    if (nowMs() - this.#loggedMs < limits.refusalLogMs) return
    const { openFiles } = config.limits
    log.warn('no descriptor for another connection; raise the limit of open files', {
      connections,
      refused: this.#refused,
      openFiles,
    })
    this.#refused = 0
    this.#loggedMs = nowMs()
  }
}
