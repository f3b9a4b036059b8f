import type { MountReport } from '../report/report.ts'
import type { Pool } from './pool.ts'
import type { Regions } from './regions.ts'
import { isLive, type Server } from './server.ts'

/** One mount as the decider sees it: its carriers, and the pools to draw from. */
export interface MountView {
  /** its carriers by id, with each one's report of it */
  readonly carriers: ReadonlyMap<string, { server: Server; mount: MountReport }>
  /** when a server last reported it */
  readonly reportedAtMs: number
  /** most concurrent listeners over all servers, since its source began */
  readonly listenerPeak: number
  /** a master flagged it `hidden` or `no-mount`: it is not in any public list until a master reports otherwise */
  readonly isPrivate: boolean
}

/** The same, as the view changes it. */
export interface Entry extends MountView {
  carriers: Map<string, { server: Server; mount: MountReport }>
  reportedAtMs: number
  listenerPeak: number
  isPrivate: boolean
  /** of all carriers, including stale ones: an upper bound of the live listeners */
  listeners: number
  /** the carriers that are masters */
  masters: Map<string, Server>
  /** by way: the servers that such listeners can reach; each created at its first draw */
  draws: (Draws | undefined)[]
}

/** A pool and, over it, the regions of its listeners. */
export interface Draws {
  pool: Pool
  regions: Regions
}

/** A mount that nobody carries yet. */
export const createEntry = (): Entry => ({
  carriers: new Map(),
  masters: new Map(),
  reportedAtMs: Number.NEGATIVE_INFINITY,
  listenerPeak: 0,
  isPrivate: false,
  listeners: 0,
  draws: [],
})

/** Whether a master flags the mount `hidden` or `no-mount`. */
export function isHiddenByMaster({ carriers, masters }: Entry): boolean {
  for (const id of masters.keys()) {
    const about = carriers.get(id)?.mount.about
    if (about?.hidden || about?.noMount) return true
  }
  return false
}

/** Updates the listeners and the peak of a mount. */
export function noteListeners(
  entry: Entry,
  server: Server,
  mount: MountReport,
  before: MountReport | undefined,
): void {
  const isMaster = server.report.role === 'master'
  // a different start time means a new stream; so does the first master after there was none
  const isNewStream =
    isMaster && (before ? before.about?.since !== mount.about?.since : entry.masters.size === 0)
  if (isNewStream) entry.listenerPeak = 0
  entry.listeners += mount.listeners - (before?.listeners ?? 0)
  // the live listeners are summed only if they can be a new peak
  if (entry.listeners > entry.listenerPeak)
    entry.listenerPeak = Math.max(entry.listenerPeak, listenersOf(entry, server.receivedAtMs))
}

function listenersOf({ carriers }: MountView, nowMs: number): number {
  let sum = 0
  for (const { server, mount } of carriers.values()) if (isLive(server, nowMs)) sum += mount.listeners
  return sum
}
