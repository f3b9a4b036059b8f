import type { Mount } from '../../mount.ts'
import { hasSamePlaces, mountChanges } from '../../report/mount-changes.ts'
import { nameAt } from '../../report/mount-list.ts'
import type { MountList, MountReport } from '../../report/report.ts'
import { followsMasters, type Server } from '../server.ts'
import { markOf, withMark, withoutMark } from './group-key.ts'
import type { Groups } from './groups.ts'
import type { Host } from './host.ts'
import type { KnownMounts } from './known-mounts.ts'
import type { LiveSums } from './live-sums.ts'
import { type Entry, isHiddenByMaster, noteStream } from './mount-view.ts'

/** mounts whose carriers are filled at the same time at the start */
const mountsAtOnce = 4

/** Keeps the carriers and the masters of each mount to what the servers report. */
export class Carriers {
  readonly #mounts: KnownMounts
  readonly #groups: Groups
  readonly #sums: LiveSums
  /** by server: its mounts that have a limit of their own */
  readonly #limited = new Map<string, Set<Entry>>()

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
    const last = before?.report.mounts ?? []
    const isListedAlike = last.length === 0 || hasSamePlaces(last, mounts)
    if (!isListedAlike) this.#list(host, mounts)
    if (isWhole) {
      const said = isListedAlike ? last : saidOf(mounts, last)
      for (let i = 0; i < mounts.length; i++) this.#put(host, mounts.at(i), i, said.at(i))
    }
    if (!before) return
    for (const change of mountChanges(last, mounts))
      if (!change.now) this.remove(host, change.mount, before)
      else if (!isWhole) this.#put(host, change.now, change.place, change.before)
    // the slots of a mount with a limit depend on the server's as well
    if (!isWhole)
      for (const entry of this.#limited.get(id) ?? []) this.#mark(host, entry, entry.carriers.placeOf(host))
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
        for (let i = from; i < end; i++) this.#put(host, mounts.at(i), i, undefined)
      }
  }

  /** A report of a server names other mounts, or in another order: what it says of those that it carries stands elsewhere. */
  #list(host: Host, mounts: MountList): void {
    for (let i = 0; i < mounts.length; i++) {
      const mount = nameAt(mounts, i)
      const carriers = mount === undefined ? undefined : this.#mounts.get(mount)?.carriers
      const place = carriers?.placeOf(host) ?? -1
      if (carriers && place >= 0) carriers.setListed(place, i)
    }
  }

  /** A server no longer carries a mount. @param before the server as it was when it carried the mount */
  remove(host: Host, mount: Mount, before: Server): void {
    const { id } = before.report
    const entry = this.#mounts.get(mount)
    const place = entry?.carriers.placeOf(host) ?? -1
    if (!entry || place < 0) return
    const { carriers, onAir } = entry
    if (!followsMasters(before)) this.#mounts.touch(entry, before.receivedAtMs)
    carriers.discount(place, onAir)
    this.#unmark(entry, place)
    carriers.removeAt(place)
    if (carriers.size === 0) this.#mounts.noteCarried(false)
    this.#noteLimit(id, entry, false)
    this.#noteMaster(entry, host, false)
    this.#groups.unsettle(entry)
  }

  /** @param listedAt where the newest report names the mount @param before what the one before said of it */
  #put(host: Host, mount: MountReport | undefined, listedAt: number, before: MountReport | undefined): void {
    if (!mount) return
    const entry = this.#mounts.know(mount.mount)
    const { carriers } = entry
    const { server } = host
    const { id, role } = server.report
    let place = carriers.placeOf(host)
    if (carriers.size === 0) this.#mounts.noteCarried(true)
    if (place < 0) place = carriers.add(host, listedAt)
    this.#noteLimit(id, entry, mount.max !== null)
    noteStream(entry, server, mount, before)
    this.#noteMaster(entry, host, role === 'master')
    if (role === 'master') entry.isPrivate = isHiddenByMaster(entry)
    this.#mark(host, entry, place, mount)
    this.#sums.count(entry, place)
  }

  #noteLimit(id: string, entry: Entry, isLimited: boolean): void {
    const limited = this.#limited.get(id)
    if (!limited) {
      if (isLimited) this.#limited.set(id, new Set([entry]))
    } else if (isLimited) limited.add(entry)
    else if (limited.delete(entry) && limited.size === 0) this.#limited.delete(id)
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

  /** Updates what the server at a place adds to the key of the mount's group. */
  #mark(host: Host, entry: Entry, place: number, mount = entry.carriers.reportAt(place)): void {
    const { carriers } = entry
    if (!mount) return
    const follows = followsMasters(host.server)
    const mark = host.markOf(mount, entry.number)
    if (mark === carriers.markAt(place) && follows === carriers.followsAt(place)) return
    this.#unmark(entry, place)
    if (follows) entry.followers = withMark(entry.followers, mark)
    else entry.reporters = withMark(entry.reporters, mark)
    carriers.setMark(place, mark, follows)
    this.#groups.unsettle(entry)
  }

  /** Takes the mark of the server at a place out of the key. */
  #unmark(entry: Entry, place: number): void {
    const mark = entry.carriers.markAt(place)
    if (entry.carriers.followsAt(place)) entry.followers = withoutMark(entry.followers, mark)
    else entry.reporters = withoutMark(entry.reporters, mark)
  }
}

/** What the report before said of mounts, in their order. */
function saidOf(mounts: MountList, before: MountList): readonly (MountReport | undefined)[] {
  const byName = new Map(before.map((each) => [each.mount, each]))
  return mounts.map(({ mount }) => byName.get(mount))
}
