import { limits } from './limits.ts'
import type { Server } from './server.ts'

/** Fill of the cluster, 0 to 1, above which reports are wished for more often: below it the draw needs no cleverness. */
const tightFill = 0.7
/** seconds wished for then (anchors E.3, 7) */
const tightSeconds = 5

/**
 * The interval that the reply to a report wishes for, in seconds: what the server promised, shorter while the cluster
 * is tight; never above the promise, never below max(2 s, servers ÷ 100 s), so that a decider is not run over.
 */
export function wishSeconds(promised: number, servers: number, fill: number): number {
  const wished = fill > tightFill ? tightSeconds : promised
  const floor = Math.max(2, Math.ceil(servers / 100))
  return Math.min(promised, Math.max(floor, wished))
}

/** How full the live servers are together, 0 to 1. */
export function fillOf(
  servers: Iterable<Server>,
  isLive: (server: Server) => boolean,
  maxListenersDefault: number,
): number {
  let listeners = 0
  let slots = 0
  for (const server of servers) {
    if (!isLive(server)) continue
    const max = Math.min(server.report.maxListeners ?? maxListenersDefault, limits.slotsMax)
    listeners += Math.min(server.report.listeners, max)
    slots += max
  }
  return slots === 0 ? 0 : listeners / slots
}
