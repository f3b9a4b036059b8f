import type { Mount } from '../../mount.ts'
import { mountChanges } from '../../report/mount-changes.ts'
import type { MountReport } from '../../report/report.ts'
import { followsMasters, type Server } from '../server.ts'
import { markOf, withMark, withoutMark } from './group-key.ts'
import type { Groups } from './groups.ts'
import type { Host } from './host.ts'
import type { KnownMounts } from './known-mounts.ts'
import type { LiveSums } from './live-sums.ts'
import { CarriedMount, type Entry, isHiddenByMaster, noteStream } from './mount-view.ts'

/** mounts whose carriers are filled at the same time at the start */
const mountsAtOnce = 4

/** Keeps the carriers and the masters of each mount to what the servers report. */
export class Carriers {
  readonly #mounts: KnownMounts
  readonly #groups: Groups
  readonly #sums: LiveSums
  /** by server: its mounts that have a limit of their own */
  readonly #limited = new Map<string, Set<CarriedMount>>()

  constructor(mounts: KnownMounts, groups: Groups, sums: LiveSums) {
    this.#mounts = mounts
    this.#groups = groups
    this.#sums = sums
  }

  /**
   * Updates the mounts of a server.
   * @param before the server by its last report
   * @param isWhole it is new, or differs in a way that all its mounts have to see; otherwise those whose report is the same object are not touched
   */
  update(host: Host, before: Server | undefined, isWhole: boolean): void {
    const { id, mounts } = host.server.report
    if (isWhole) for (const mount of mounts) this.#put(host, mount)
    if (!before) return
    for (const { mount, now } of mountChanges(before.report.mounts, mounts))
      if (!now) this.remove(host, mount, before)
      else if (!isWhole) this.#put(host, now)
    // the slots of a mount with a limit depend on the server's as well
    if (!isWhole) for (const carrier of this.#limited.get(id) ?? []) this.#mark(carrier)
  }

  /**
   * The mounts of servers that are new, a few mounts of all servers at a time: what the carriers of so many mounts take fits into the
   * processor's cache, and a server's mounts are read in their order.
   */
  load(hosts: readonly Host[]): void {
    const mountsOf = hosts.map(({ server }) => server.report.mounts)
    const most = mountsOf.reduce((max, { length }) => Math.max(max, length), 0)
    for (let from = 0; from < most; from += mountsAtOnce)
      for (const [h, host] of hosts.entries()) {
        const mounts = mountsOf[h] ?? []
        const end = Math.min(mounts.length, from + mountsAtOnce)
        for (let i = from; i < end; i++) {
          const mount = mounts[i]
          if (mount) this.#put(host, mount)
        }
      }
  }

  /** A server no longer carries a mount. @param before the server as it was when it carried the mount */
  remove(host: Host, mount: Mount, before: Server): void {
    const { id } = before.report
    const entry = this.#mounts.get(mount)
    const carrier = entry?.carriers.get(id)
    if (!entry || !carrier) return
    if (!followsMasters(before)) this.#mounts.touch(entry, before.receivedAtMs)
    carrier.count(false)
    entry.carriers.delete(id)
    if (entry.carriers.size === 0) this.#mounts.noteCarried(false)
    carrier.unmark()
    this.#noteLimit(id, carrier, false)
    this.#noteMaster(entry, host, false)
    this.#groups.unsettle(entry)
  }

  #put(host: Host, mount: MountReport): void {
    const entry = this.#mounts.know(mount.mount)
    const { server } = host
    const { id, role } = server.report
    let carrier = entry.carriers.get(id)
    const before = carrier?.mount
    if (entry.carriers.size === 0) this.#mounts.noteCarried(true)
    if (carrier) carrier.mount = mount
    else {
      carrier = new CarriedMount(host, entry, mount)
      entry.carriers.set(id, carrier)
    }
    this.#noteLimit(id, carrier, mount.max !== null)
    noteStream(entry, server, mount, before)
    this.#noteMaster(entry, host, role === 'master')
    if (role === 'master') entry.isPrivate = isHiddenByMaster(entry)
    this.#mark(carrier)
    this.#sums.count(carrier)
  }

  #noteLimit(id: string, carrier: CarriedMount, isLimited: boolean): void {
    const limited = this.#limited.get(id)
    if (!limited) {
      if (isLimited) this.#limited.set(id, new Set([carrier]))
    } else if (isLimited) limited.add(carrier)
    else if (limited.delete(carrier) && limited.size === 0) this.#limited.delete(id)
  }

  #noteMaster(entry: Entry, host: Host, isMaster: boolean): void {
    const { id } = host.server.report
    if (isMaster === entry.masters.has(id)) return
    const mark = markOf(host.number, 0, 0)
    entry.masterMarks = isMaster ? withMark(entry.masterMarks, mark) : withoutMark(entry.masterMarks, mark)
    if (isMaster) entry.masters.set(id, host)
    else entry.masters.delete(id)
    // the masters that are left need not report anything new; without one it stays as the last said
    if (!isMaster && entry.masters.size > 0) entry.isPrivate = isHiddenByMaster(entry)
    this.#groups.unsettle(entry)
  }

  /** Updates what a carrier adds to the key of its mount's group. */
  #mark(carrier: CarriedMount): void {
    const { host, entry } = carrier
    const follows = followsMasters(host.server)
    const mark = host.markOf(carrier.mount, entry.number)
    if (mark === carrier.mark && follows === carrier.follows) return
    carrier.unmark()
    if (follows) entry.followers = withMark(entry.followers, mark)
    else entry.reporters = withMark(entry.reporters, mark)
    carrier.mark = mark
    carrier.follows = follows
    this.#groups.unsettle(entry)
  }
}
