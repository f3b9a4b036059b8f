import { getLogger } from '@logtape/logtape'
import { hold } from '../../shared/cluster/hearing.ts'
import { isLive, type Server } from '../../shared/draw/server.ts'
import type { View } from '../../shared/draw/view.ts'
import { limits } from '../../shared/limits.ts'

const logger = getLogger(['distributary', 'cluster'])
const seconds = (ms: number) => Math.round(ms / 1000)

/** The servers that an isolate keeps in because the object does not answer (docs/protocol.md#a-decider-that-hears-nobody). */
export class HeldServers {
  /** until when the object itself keeps each of them in */
  #held = new Map<Server, number>()

  /** Keeps in the servers that were live in a snapshot, for up to ten minutes after it. @param takenAtMs when the snapshot was asked for */
  hold(view: View, takenAtMs: number, nowMs: number): void {
    const untilMs = takenAtMs + limits.silenceHeldMs
    if (this.#held.size > 0 || nowMs >= untilMs) return
    const isKept = (server: Server) => isLive(server, takenAtMs)
    for (const server of view.servers.values()) if (isKept(server)) this.#held.set(server, server.heldUntilMs)
    for (const server of hold(this.#held.keys(), untilMs, nowMs, isKept)) view.put(server)
    if (this.#held.size === 0) return
    logger.warning('cluster object does not answer: the last snapshot is used', {
      ageSeconds: seconds(nowMs - takenAtMs),
    })
  }

  /** The object answers: what it says of its servers counts again. @param ageMs of the snapshot until now */
  release(view: View, ageMs: number): void {
    if (this.#held.size === 0) return
    for (const [server, heldUntilMs] of this.#held) server.heldUntilMs = heldUntilMs
    this.#held.clear()
    view.deadlinesMoved()
    logger.info('cluster object answers again', { ageSeconds: seconds(ageMs) })
  }
}
