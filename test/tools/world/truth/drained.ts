import type { Site } from '../parts/site.ts'
import type { World } from '../world.ts'

/** ms within which a player asks for steering again, where something has to move (docs/hls.md#steering) */
const ttlMaxMs = 12_000
/** target durations that a session may stay after it was told to leave: the segments that it has begun to fetch */
const targetsMax = 2

/** A session that fetches from a server. */
export interface Staying {
  /** the server's id */
  at: string
  /** when it was told to stay, could not ask, or began: by the true time */
  sinceMs: number
  /** when it chose this server for its next segment */
  choseMs: number
  targetMs: number
}

/** A drained server is left within a TTL and two target durations, unless its sessions cannot ask, or no other server has room. */
export function checkLeft(
  world: World,
  { host, ledger, drainedMs }: Site,
  { at, sinceMs, choseMs, targetMs }: Staying,
): void {
  const beganMs = drainedMs.get(at)
  if (beganMs === undefined || !ledger?.drained.has(at) || ledger.doubtfulDrains.has(at)) return
  world.bites.note('session at a drained server')
  const lateMs = choseMs - Math.max(beganMs, sinceMs) - ttlMaxMs - targetsMax * targetMs
  if (lateMs > 0)
    world.violate(
      'a session leaves a drained server in time',
      `one that ${host} steers was still at ${at}, ${Math.round(lateMs)} ms too late`,
    )
}
