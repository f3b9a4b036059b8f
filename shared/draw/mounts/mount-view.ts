import { type Mount, printMount } from '../../mount.ts'
import type { MountReport } from '../../report/report.ts'
import type { JoinRate } from '../pool/demand.ts'
import { followsMasters, type Server } from '../server.ts'
import { Group } from './group.ts'
import type { Marks } from './group-key.ts'
import type { Host } from './host.ts'
import { MountCarriers } from './mount-carriers.ts'
import { OnAir } from './on-air.ts'

/** One mount as the decider sees it: its carriers, and the group whose pools it is drawn from. */
export interface MountView {
  /** its carriers by id, with each one's report of it */
  readonly carriers: MountCarriers
  /** when a server reported it that may not carry it any more; see {@link reportedAtMs} */
  readonly touchedAtMs: number
  /** most concurrent listeners over all servers, since its source began */
  readonly listenerPeak: number
  /** a master flagged it `hidden` or `no-mount`: it is not in any public list until a master reports otherwise */
  readonly isPrivate: boolean
}

/** The same, as the view changes it. */
export interface Entry extends MountView, Marks {
  readonly mount: Mount
  /** distinguishes it from all other mounts of a view, former ones too */
  readonly number: number
  /** its name as in a URL */
  readonly path: string
  touchedAtMs: number
  listenerPeak: number
  isPrivate: boolean
  /** sums over its live carriers */
  readonly onAir: OnAir
  /** the carriers that are masters */
  masters: Map<string, Host>
  /** the mounts that share its pools, and its part of their listeners; undefined as long as nobody has asked for it */
  group: Group<Entry>
  rate: JoinRate | undefined
}

/** Finds a mount that is known. */
export interface EntryByMount {
  get(mount: Mount): Entry | undefined
}

/** A mount that nobody carries yet. @param hosts the servers of the view by id */
export const createEntry = (mount: Mount, number: number, hosts: ReadonlyMap<string, Host>): Entry => ({
  mount,
  number,
  path: printMount(mount),
  carriers: new MountCarriers(hosts),
  masters: new Map(),
  touchedAtMs: Number.NEGATIVE_INFINITY,
  listenerPeak: 0,
  isPrivate: false,
  onAir: new OnAir(),
  reporters: 0,
  followers: 0,
  masterMarks: 0,
  group: new Group(Number.NaN),
  rate: undefined,
})

/** Whether a master flags the mount `hidden` or `no-mount`. */
export function isHiddenByMaster({ carriers, masters }: Entry): boolean {
  for (const host of masters.values()) {
    const about = carriers.reportOf(host)?.about
    if (about?.hidden || about?.noMount) return true
  }
  return false
}

/** Begins a new peak if a master says that its stream is another: by its start time, or as the first master after there was none. */
export function noteStream(
  entry: Entry,
  { report: { role } }: Server,
  mount: MountReport,
  before: MountReport | undefined,
): void {
  if (role !== 'master') return
  const isNew = before ? before.about?.since !== mount.about?.since : entry.masters.size === 0
  if (isNew) entry.listenerPeak = 0
}

/** When a server last reported a mount. */
export function reportedAtMs({ carriers, touchedAtMs }: MountView): number {
  let lastMs = touchedAtMs
  for (const server of carriers.servers())
    if (!followsMasters(server)) lastMs = Math.max(lastMs, server.receivedAtMs)
  return lastMs
}
