import { type Mount, printMount } from '../../mount.ts'
import type { MountReport } from '../../report/report.ts'
import type { JoinRate } from '../pool/demand.ts'
import { followsMasters, type Server } from '../server.ts'
import { Group } from './group.ts'
import { type Marks, withoutMark } from './group-key.ts'
import type { Host } from './host.ts'
import { OnAir } from './on-air.ts'

/** One mount as the decider sees it: its carriers, and the group whose pools it is drawn from. */
export interface MountView {
  /** its carriers by id, with each one's report of it */
  readonly carriers: ReadonlyMap<string, { server: Server; mount: MountReport }>
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
  carriers: Map<string, CarriedMount>
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

/** A mount at one of its servers. */
export class CarriedMount {
  readonly host: Host
  readonly entry: Entry
  /** what the server's newest report says of the mount */
  mount: MountReport
  /** what it adds to the key of the mount's group, as one that reports the mount or as one that follows its masters */
  mark = 0
  follows = false
  /** its server is live, so it counts in the sums of the mount: with as many listeners, as one that follows or not */
  isCounted = false
  #listeners = 0
  #follows = false

  constructor(host: Host, entry: Entry, mount: MountReport) {
    this.host = host
    this.entry = entry
    this.mount = mount
  }

  get server(): Server {
    return this.host.server
  }

  /** Brings the sums of the mount up to what its server says now. */
  count(isLive: boolean): void {
    const { onAir } = this.entry
    if (this.isCounted) onAir.add(this.#follows, -1, -this.#listeners)
    this.isCounted = isLive
    this.#follows = this.follows
    this.#listeners = this.mount.listeners
    if (isLive) onAir.add(this.#follows, 1, this.#listeners)
    onAir.show(this, isLive)
  }

  /** Takes its mark out of the key. */
  unmark(): void {
    const { entry, mark } = this
    if (this.follows) entry.followers = withoutMark(entry.followers, mark)
    else entry.reporters = withoutMark(entry.reporters, mark)
    this.mark = 0
  }
}

/** A mount that nobody carries yet. */
export const createEntry = (mount: Mount, number: number): Entry => ({
  mount,
  number,
  path: printMount(mount),
  carriers: new Map(),
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

/** The carriers of a mount that count in its sums. */
export function* countedOf({ carriers }: Entry): Iterable<CarriedMount> {
  for (const carrier of carriers.values()) if (carrier.isCounted) yield carrier
}

/** Whether a master flags the mount `hidden` or `no-mount`. */
export function isHiddenByMaster({ carriers, masters }: Entry): boolean {
  for (const id of masters.keys()) {
    const about = carriers.get(id)?.mount.about
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
  for (const { server } of carriers.values())
    if (!followsMasters(server)) lastMs = Math.max(lastMs, server.receivedAtMs)
  return lastMs
}
