import { nameAt } from '../../report/mount-list.ts'
import type { TotalDemand } from '../pool/demand.ts'
import { isLive, type Server } from '../server.ts'
import type { Everywhere } from './everywhere.ts'
import type { Group } from './group.ts'
import { groupKeyOf } from './group-key.ts'
import type { Host } from './host.ts'
import type { Entry, EntryByMount } from './mount-view.ts'
import type { Pools } from './pools.ts'

/** Keeps each mount in the group of those that have the same servers with as many free slots. */
export class Groups {
  readonly #everywhere: Everywhere
  readonly #pools: Pools
  readonly #demand: TotalDemand
  /** by key */
  readonly #groups = new Map<number, Group<Entry>>()
  /** mounts whose group has to be found again */
  readonly #unsettled = new Set<Entry>()

  constructor(everywhere: Everywhere, pools: Pools, demand: TotalDemand) {
    this.#everywhere = everywhere
    this.#pools = pools
    this.#demand = demand
  }

  get size(): number {
    return this.#groups.size
  }

  /** A mount's servers have changed: {@link settle} finds its group again. */
  unsettle(entry: Entry): void {
    this.#unsettled.add(entry)
  }

  forget(entry: Entry): void {
    this.#unsettled.delete(entry)
    this.#leave(entry)
  }

  /** Brings each mount whose servers have changed into the group of those that have the same. */
  settle(nowMs: number): void {
    if (this.#unsettled.size === 0) return
    const moves = new Map<Group<Entry>, Map<number, Entry[]>>()
    for (const entry of this.#unsettled) {
      const key = groupKeyOf(entry, this.#everywhere.marks)
      if (key === entry.group.key) continue
      const to = moves.get(entry.group) ?? new Map<number, Entry[]>()
      moves.set(entry.group, to)
      const together = to.get(key)
      if (together) together.push(entry)
      else to.set(key, [entry])
    }
    this.#unsettled.clear()
    for (const [group, to] of moves) for (const [key, entries] of to) this.#move(group, key, entries, nowMs)
  }

  /** Shows a server to the pools of all groups. */
  showAll(host: Host): void {
    for (const group of this.#groups.values()) this.#pools.put(group, host)
  }

  /** Shows a server's newest report to the pools that have it or have had it. @param before the server by the report before */
  show(host: Host, before: Server | undefined, mounts: EntryByMount): void {
    const { report, receivedAtMs } = host.server
    // a master that is back raises the weights of those that follow it
    const isBack = report.role === 'master' && !(before && isLive(before, receivedAtMs))
    for (const group of this.#groupsOf(host.server, before, mounts)) {
      this.#pools.put(group, host)
      if (isBack) this.#pools.putFollowers(group)
    }
  }

  /** The groups that may have a server: found by the groups or by its mounts, whichever are fewer. */
  #groupsOf(server: Server, before: Server | undefined, mounts: EntryByMount): Iterable<Group<Entry>> {
    const now = server.report.mounts
    const last = before?.report.mounts ?? []
    if (server.carriesAll || before?.carriesAll || this.#groups.size <= now.length + last.length)
      return this.#groups.values()
    const groups = new Set<Group<Entry>>()
    for (const some of [now, last])
      for (let i = 0; i < some.length; i++) {
        const mount = nameAt(some, i)
        const group = mount === undefined ? undefined : mounts.get(mount)?.group
        if (group) groups.add(group)
      }
    return groups
  }

  /** Moves mounts of a group to the one of a key. If all move, and there is none yet, the group itself gets that key. */
  #move(group: Group<Entry>, key: number, entries: readonly Entry[], nowMs: number): void {
    const isAll = entries.length === group.members.size
    let target = this.#groups.get(key)
    if (!target && isAll) {
      this.#groups.delete(group.key)
      group.key = key
      this.#groups.set(key, group)
      this.#pools.putFollowers(group)
      return
    }
    if (!target) {
      target = group.part(key, entries, this.#demand, nowMs)
      this.#groups.set(key, target)
    } else if (isAll) target.absorb(group)
    for (const entry of entries) {
      this.#leave(entry)
      entry.group = target
      target.members.add(entry)
    }
    this.#pools.putFollowers(target)
  }

  #leave(entry: Entry): void {
    const { group } = entry
    group.members.delete(entry)
    if (group.members.size === 0) this.#groups.delete(group.key)
  }
}
