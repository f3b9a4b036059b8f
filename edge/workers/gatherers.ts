import type { Server } from '../../shared/draw/server.ts'
import { edgeLimits } from '../limits.ts'

/** ms in which reports are counted before their rate is computed again: as long as most servers' intervals */
const countedMs = 10_000

/**
 * How many objects should gather reports before they reach the object of the cluster: none as long as that does well alone,
 * since each costs a further call for each report.
 */
export class Gatherers {
  #beganMs: number | undefined
  #reports = 0
  #number: number

  /** @param servers those of the store, so that a large cluster does not all come to an object that has just started */
  constructor(servers: Iterable<Server>) {
    let perSecond = 0
    for (const { report } of servers) perSecond += 1 / report.interval
    this.#number = gatherersFor(perSecond)
  }

  /** Counts a report that came at `nowMs`, and returns their number from then on. */
  after(nowMs: number): number {
    this.#beganMs ??= nowMs
    this.#reports++
    const passedMs = nowMs - this.#beganMs
    if (passedMs < countedMs) return this.#number
    this.#number = gatherersFor((this.#reports * 1000) / passedMs)
    this.#beganMs = nowMs
    this.#reports = 0
    return this.#number
  }
}

/** @param perSecond reports */
function gatherersFor(perSecond: number): number {
  if (perSecond <= edgeLimits.reportsAloneMax) return 0
  return Math.min(edgeLimits.gatherersMax, Math.ceil(perSecond / edgeLimits.reportsGatheredMax))
}
