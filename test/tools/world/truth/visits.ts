import type { Mount } from '../../../../shared/mount.ts'

/** target durations for which a session is a listener after its last segment (docs/hls.md#sessions) */
const lastsTargets = 3
/** ms between two looks of a server for sessions that have gone, and what timers add */
const lookMs = 1500

interface Visit {
  mount: Mount
  atMs: number
  targetSeconds: number
}

/** The sessions of HLS that a server has, by the segments that it was seen to answer with. */
export class Visits {
  readonly #visits = new Map<string, Visit>()

  /** A segment was answered to a session. @param atMs by the clock of the server */
  served(session: string, mount: Mount, targetSeconds: number, atMs: number): void {
    this.#visits.set(`${mount} ${session}`, { mount, atMs, targetSeconds })
  }

  /** How many it has for certain, and how many it may have: between two looks for those that have gone. */
  count(nowMs: number, mount?: Mount): { least: number; most: number } {
    let least = 0
    let most = 0
    for (const visit of this.#visits.values()) {
      if (mount !== undefined && visit.mount !== mount) continue
      const overMs = visit.atMs + lastsTargets * visit.targetSeconds * 1000
      if (nowMs < overMs) least++
      if (nowMs < overMs + lookMs) most++
    }
    return { least, most }
  }

  /** The server has ended, and its sessions with it. */
  clear(): void {
    this.#visits.clear()
  }
}
