import type { Whereabouts } from '../geo.ts'
import type { Family } from '../http/address.ts'
import { limits } from '../limits.ts'
import { type Mount, printMount } from '../mount.ts'
import type { AboutMount } from '../report/about-mount.ts'
import { mountChanges } from '../report/mount-changes.ts'
import type { MountReport } from '../report/report.ts'
import type { Draws, Group } from './group.ts'
import { groupKeyOf, markOf, withMark, withoutMark } from './group-key.ts'
import { Host } from './host.ts'
import {
  CarriedMount,
  createEntry,
  type Entry,
  isHiddenByMaster,
  type MountView,
  noteStream,
} from './mount-view.ts'
import type { MountOnAir } from './on-air.ts'
import { type Candidate, Pool } from './pool.ts'
import { JoinRate, Regions, TotalDemand } from './regions.ts'
import {
  deadlineMs,
  followsMasters,
  freeSlots,
  isLive,
  kbpsOf,
  openUntilMs,
  type Server,
  slotsBesideLine,
} from './server.ts'
import { type Bases, basesOf, hasLiteral, wayIndex } from './ways.ts'

/** The properties of a request that a draw needs. */
export interface DrawRequest {
  mount: Mount
  /** it came by https */
  secure: boolean
  /** of the listener's address, if {@link View.hasLiterals}; undefined: any url will do */
  family?: Family | undefined
  /** a server to leave out of this one draw, by its id */
  except?: string | undefined
  /** where the listener is; undefined if unknown */
  from?: Whereabouts | undefined
  /** a HEAD or a probe, which does not become a join */
  probe?: boolean | undefined
}

/** The url of a mount at a given server: the first that fits the listener, else any. */
export function urlOf(
  mount: Mount,
  { report: { urls } }: Server,
  { secure, family }: Pick<DrawRequest, 'secure' | 'family'>,
): string {
  const bases = basesOf(urls, false)
  const base = bases[wayIndex(secure, family)] ?? bases[wayIndex(false, family)] ?? urls[0] ?? ''
  return base + printMount(mount)
}

/** The url of a mount at a candidate. */
export const urlAt = ({ base }: Candidate, mount: Mount): string => base + printMount(mount)

/** A server that was drawn, and the mount there: a `Location` header without the query. */
export interface Drawn {
  server: Server
  url: string
}

/** mounts of stale servers that are taken out of the sums in one turn: some ms */
const expiredAtOnceMax = 5_000

/**
 * The servers known at one moment, by id and by mount. A report changes only the entries of its own mounts, so a view of
 * 10,000 servers is never rebuilt.
 */
export class View {
  #servers = new Map<string, Server>()
  #hosts = new Map<string, Host>()
  /** by server: its mounts that have a limit of their own */
  #limited = new Map<string, Set<CarriedMount>>()
  #mounts = new Map<Mount, Entry>()
  /** icecast-kh slaves, which are in every mount's pools, and the sum of their marks */
  #everywhere = new Map<string, Host>()
  #everywhereMarks = 0
  /** by key: the mounts that share their pools */
  #groups = new Map<number, Group<Entry>>()
  /** mounts whose group has to be found again */
  #unsettled = new Set<Entry>()
  /** hosts and mounts so far */
  #numbered = 0
  /** no server that counts in the sums is stale before this */
  #soonestMs = Number.POSITIVE_INFINITY
  /** the moment at which some were found last */
  #expiredMs = Number.NEGATIVE_INFINITY
  /** by server: its url for each way; undefined if there is none */
  #bases = new Map<string, Bases>()
  /** servers with an address literal in a url */
  #literals = new Set<string>()
  /** whether any listener came by https since the program (on Workers: the isolate, the object) started */
  isAskedByHttps = false
  /** the id of this program if it is one of its own candidates; its listeners can already reach it */
  ownId: string | undefined
  /** how many of the mounts have no carrier */
  #uncarried = 0
  #maxListenersDefault: number
  #demand = new TotalDemand()

  /** @param maxListenersDefault slots of a server that does not report its maximum */
  constructor(maxListenersDefault: number) {
    this.#maxListenersDefault = maxListenersDefault
  }

  get servers(): ReadonlyMap<string, Server> {
    return this.#servers
  }
  get mounts(): ReadonlyMap<Mount, MountView> {
    return this.#mounts
  }
  get maxListenersDefault(): number {
    return this.#maxListenersDefault
  }

  /** Whether the address family of listeners matters. */
  get hasLiterals(): boolean {
    return this.#literals.size > 0
  }

  /** How many groups of mounts there are: mounts that the same servers carry with as many free slots are one. */
  get groups(): number {
    return this.#groups.size
  }

  /**
   * Adds a server, or replaces it by one with a newer report. Its mounts whose report is the same object as before cost
   * nothing: they see the newer report by their {@link Host}.
   * @param nowMs later than its report where it has changed in another way: one that is stale does not count again in the sums
   */
  put(server: Server, nowMs = server.receivedAtMs): void {
    const { id } = server.report
    const before = this.#servers.get(id)
    this.#servers.set(id, server)
    this.#noteUrls(server)
    const host = this.#hosts.get(id) ?? new Host(++this.#numbered, server, this.#maxListenersDefault)
    this.#hosts.set(id, host)
    this.#expire(nowMs)
    const isOfOtherKinds = host.replace(server)
    const wasCounted = host.isCounted
    host.isCounted = isLive(server, nowMs)
    if (host.isCounted) this.#soonestMs = Math.min(this.#soonestMs, deadlineMs(server))
    this.#putMounts(host, before, isOfOtherKinds || !before || isOther(before, server))
    // those of a new server have been counted as they were added
    if (before && wasCounted !== host.isCounted) this.#countAll(host)
    for (const [mount, atMs] of server.formerMounts) this.#touch(this.#entry(mount), atMs)
    this.#forgetUncarried()
    if (server.carriesAll) this.#addEverywhere(host)
    else if (before?.carriesAll) this.#removeEverywhere(id)
    this.#settle(nowMs)
    this.#putPools(host, before)
  }

  /** Some servers' deadlines are earlier than they were, so that they have to be looked for again. */
  deadlinesMoved(): void {
    this.#soonestMs = Number.NEGATIVE_INFINITY
    this.#expiredMs = Number.NEGATIVE_INFINITY
  }

  remove(id: string): void {
    const host = this.#hosts.get(id)
    if (!host) return
    const { report, receivedAtMs } = host.server
    for (const { mount } of report.mounts) this.#removeMount(host, mount, host.server)
    this.#removeEverywhere(id)
    this.#servers.delete(id)
    this.#hosts.delete(id)
    this.#bases.delete(id)
    this.#literals.delete(id)
    this.#settle(receivedAtMs)
    for (const group of this.#groups.values()) this.#putPool(group, host)
  }

  #noteUrls({ report: { id, urls } }: Server): void {
    this.#bases.set(id, basesOf(urls, id === this.ownId))
    if (hasLiteral(urls)) this.#literals.add(id)
    else this.#literals.delete(id)
  }

  /** What the live servers say of a mount together; undefined if none carries it. It looks at the mount alone, not at its carriers. */
  onAir(mount: Mount, nowMs: number): MountOnAir | undefined {
    this.#expire(nowMs)
    const entry = this.#mounts.get(mount)
    return entry?.onAir.at(this.master(mount, nowMs) !== undefined, () => countedOf(entry))
  }

  /**
   * Takes servers that have become stale out of the sums; costs nothing until the earliest deadline. If very many are stale at once,
   * some count a moment longer: listeners must not wait for the sums.
   */
  #expire(nowMs: number): void {
    if (nowMs <= this.#soonestMs || nowMs === this.#expiredMs) return
    this.#expiredMs = nowMs
    let soonestMs = Number.POSITIVE_INFINITY
    let counted = 0
    for (const host of this.#hosts.values()) {
      if (!host.isCounted) continue
      const dueMs = deadlineMs(host.server)
      if (nowMs <= dueMs || counted >= expiredAtOnceMax) soonestMs = Math.min(soonestMs, dueMs)
      else {
        host.isCounted = false
        this.#countAll(host)
        counted += host.server.report.mounts.length
      }
    }
    this.#soonestMs = soonestMs
  }

  #countAll(host: Host): void {
    const { id, mounts } = host.server.report
    for (const { mount } of mounts) {
      const carrier = this.#mounts.get(mount)?.carriers.get(id)
      if (carrier) this.#count(carrier)
    }
  }

  /** Whether a server reported the mount in the last five minutes, or a live server with a longer interval carries it. */
  isKnown(mount: Mount, nowMs: number): boolean {
    const entry = this.#mounts.get(mount)
    if (!entry) return false
    if (nowMs - entry.touchedAtMs <= limits.mountMemoryMs) return true
    for (const { server } of entry.carriers.values()) {
      if (followsMasters(server)) continue
      const isRecent = nowMs - server.receivedAtMs <= limits.mountMemoryMs
      if (isRecent) this.#touch(entry, server.receivedAtMs)
      if (isRecent || isLive(server, nowMs)) return true
    }
    return false
  }

  /** The candidates of a mount for listeners of this scheme and, if it matters, address family. */
  pool(mount: Mount, secure: boolean, family?: Family): Pool | undefined {
    return this.#draws(mount, secure, family)?.pool
  }

  /** Draws a server for a listener: in proportion to weight, near ones more often if locations are known. */
  draw(ask: DrawRequest, nowMs: number, roll: () => number): Drawn | undefined {
    const draws = this.#draws(ask.mount, ask.secure, ask.family)
    const entry = draws && this.#mounts.get(ask.mount)
    if (!entry) return undefined
    if (!ask.probe) {
      entry.rate ??= new JoinRate()
      entry.rate.add(nowMs)
    }
    const drawn = draws.regions.draw(ask, nowMs, roll)
    return drawn && { server: drawn.server, url: drawn.base + entry.path }
  }

  /** kbit/s that a listener of the mount takes of a server's line; 0 if the server does not report what that carries. */
  kbpsAt(mount: Mount, { report }: Server): number {
    if (report.maxBandwidth === undefined || report.bandwidth === undefined) return 0
    return kbpsOf(this.#mounts.get(mount)?.carriers.get(report.id)?.mount)
  }

  /** The live master that relays are sent to for this mount: the first by id. */
  master(mount: Mount, nowMs: number): Server | undefined {
    const masters = this.#mounts.get(mount)?.masters
    if (!masters) return undefined
    let first: Server | undefined
    for (const { server } of masters.values())
      if (isLive(server, nowMs) && !(first && first.report.id < server.report.id)) first = server
    return first
  }

  /** Every live master of a mount, by id: those that {@link master} would name one after the other. */
  masters(mount: Mount, nowMs: number): Server[] {
    const all = [...(this.#mounts.get(mount)?.masters.values() ?? [])].map(({ server }) => server)
    return all.filter((each) => isLive(each, nowMs)).sort((a, b) => (a.report.id < b.report.id ? -1 : 1))
  }

  /**
   * The fields of a mount in addition to its counts: from the master that relays are sent to, else from the stats of the first
   * polled server by id that has some, whichever was polled first. Those of reporting slaves are ignored, since the mount belongs
   * to its master.
   */
  about(mount: Mount, nowMs: number): AboutMount | undefined {
    const entry = this.#mounts.get(mount)
    const master = this.master(mount, nowMs)
    const said = master && entry?.carriers.get(master.report.id)?.mount.about
    if (said || !entry || entry.followers === 0) return said
    let first: CarriedMount | undefined
    for (const carrier of entry.carriers.values()) {
      const { server, mount } = carrier
      if (!server.polled || !mount.about || (first && first.server.report.id < server.report.id)) continue
      if (isLive(server, nowMs)) first = carrier
    }
    return first?.mount.about
  }

  /** Forgets mounts that have no carrier and were not reported lately. */
  prune(nowMs: number): void {
    for (const [mount, entry] of this.#mounts)
      if (entry.carriers.size === 0 && !this.isKnown(mount, nowMs)) this.#forget(entry)
  }

  #forget(entry: Entry): void {
    this.#mounts.delete(entry.mount)
    this.#uncarried--
    this.#unsettled.delete(entry)
    this.#leave(entry)
  }

  /** Forgets all mounts without a carrier once there are too many: no listener needs a hundred thousand short-lived names. */
  #forgetUncarried(): void {
    if (this.#uncarried <= limits.namesKeptMax) return
    for (const entry of this.#mounts.values()) if (entry.carriers.size === 0) this.#forget(entry)
  }

  #entry(mount: Mount): Entry {
    let entry = this.#mounts.get(mount)
    if (!entry) {
      entry = createEntry(mount, ++this.#numbered)
      this.#mounts.set(mount, entry)
      this.#unsettled.add(entry)
      this.#uncarried++
    }
    return entry
  }

  #touch(entry: Entry, atMs: number): void {
    entry.touchedAtMs = Math.max(entry.touchedAtMs, atMs)
  }

  /** @param isWhole the server differs in a way that all its mounts have to see */
  #putMounts(host: Host, before: Server | undefined, isWhole: boolean): void {
    const { id, mounts } = host.server.report
    if (isWhole) for (const mount of mounts) this.#putMount(host, mount)
    for (const { mount, now } of mountChanges(before?.report.mounts ?? [], mounts))
      if (!now) {
        if (before) this.#removeMount(host, mount, before)
      } else if (!isWhole) this.#putMount(host, now)
    // the slots of a mount with a limit depend on the server's as well
    if (!isWhole) for (const carrier of this.#limited.get(id) ?? []) this.#mark(carrier)
  }

  #putMount(host: Host, mount: MountReport): void {
    const entry = this.#entry(mount.mount)
    const { server } = host
    const { id, role } = server.report
    let carrier = entry.carriers.get(id)
    const before = carrier?.mount
    if (entry.carriers.size === 0) this.#uncarried--
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
    this.#count(carrier)
  }

  #count(carrier: CarriedMount): void {
    const { entry, host } = carrier
    carrier.count(host.isCounted)
    entry.listenerPeak = Math.max(entry.listenerPeak, entry.onAir.listeners)
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
    this.#unsettled.add(entry)
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
    this.#unsettled.add(entry)
  }

  /** @param before the server as it was when it carried the mount */
  #removeMount(host: Host, mount: Mount, before: Server): void {
    const entry = this.#mounts.get(mount)
    const carrier = entry?.carriers.get(before.report.id)
    if (!entry || !carrier) return
    if (!followsMasters(before)) this.#touch(entry, before.receivedAtMs)
    carrier.count(false)
    entry.carriers.delete(before.report.id)
    if (entry.carriers.size === 0) this.#uncarried++
    carrier.unmark()
    this.#noteLimit(before.report.id, carrier, false)
    this.#noteMaster(entry, host, false)
    this.#unsettled.add(entry)
  }

  #addEverywhere(host: Host): void {
    const { id } = host.server.report
    if (this.#everywhere.has(id)) return
    this.#everywhere.set(id, host)
    this.#everywhereMarks = withMark(this.#everywhereMarks, markOf(host.number, 0, 0))
    for (const entry of this.#mounts.values()) this.#unsettled.add(entry)
  }

  #removeEverywhere(id: string): void {
    const host = this.#everywhere.get(id)
    if (!host) return
    this.#everywhere.delete(id)
    this.#everywhereMarks = withoutMark(this.#everywhereMarks, markOf(host.number, 0, 0))
    for (const entry of this.#mounts.values()) this.#unsettled.add(entry)
  }

  /** Brings each mount whose servers have changed into the group of those that have the same. */
  #settle(nowMs: number): void {
    if (this.#unsettled.size === 0) return
    const moves = new Map<Group<Entry>, Map<number, Entry[]>>()
    for (const entry of this.#unsettled) {
      const key = groupKeyOf(entry, this.#everywhereMarks)
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

  /** Moves mounts of a group to the one of a key. If all move, and there is none yet, the group itself gets that key. */
  #move(group: Group<Entry>, key: number, entries: readonly Entry[], nowMs: number): void {
    const isAll = entries.length === group.members.size
    let target = this.#groups.get(key)
    if (!target && isAll) {
      this.#groups.delete(group.key)
      group.key = key
      this.#groups.set(key, group)
      this.#putFollowers(group)
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
    this.#putFollowers(target)
  }

  #leave(entry: Entry): void {
    const { group } = entry
    group.members.delete(entry)
    if (group.members.size === 0) this.#groups.delete(group.key)
  }

  /** Shows a server's report to all pools that have it. */
  #putPools(host: Host, before: Server | undefined): void {
    const { report, receivedAtMs } = host.server
    // a master that is back raises the weights of those that follow it
    const isBack = report.role === 'master' && !(before && isLive(before, receivedAtMs))
    for (const group of this.#groupsOf(host, before)) {
      this.#putPool(group, host)
      if (isBack) this.#putFollowers(group)
    }
  }

  /** The groups that may have a server, or have had it: found by the groups or by its mounts, whichever are fewer. */
  #groupsOf(host: Host, before: Server | undefined): Iterable<Group<Entry>> {
    const { mounts } = host.server.report
    const last = before?.report.mounts ?? []
    if (host.server.carriesAll || before?.carriesAll || this.#groups.size <= mounts.length + last.length)
      return this.#groups.values()
    const groups = new Set<Group<Entry>>()
    for (const some of [mounts, last])
      for (const { mount } of some) {
        const group = this.#mounts.get(mount)?.group
        if (group) groups.add(group)
      }
    return groups
  }

  #putPool(group: Group<Entry>, host: Host): void {
    const { id } = host.server.report
    const carrier = group.member?.carriers.get(id)
    const carries = carrier !== undefined || this.#everywhere.has(id)
    const bases = this.#bases.get(id) ?? []
    for (const [way, draws] of group.draws.entries()) {
      const base = bases[way]
      if (!carries || base === undefined) draws?.pool.remove(id)
      else draws?.pool.put(this.#candidate(group, host.server, carrier?.mount, base))
    }
  }

  /** Updates the servers that carry a group's mounts only while a master does. */
  #putFollowers(group: Group<Entry>): void {
    const { member } = group
    if (!member || group.draws.length === 0) return
    if (member.followers !== 0)
      for (const carrier of member.carriers.values()) if (carrier.follows) this.#putPool(group, carrier.host)
    for (const host of this.#everywhere.values()) this.#putPool(group, host)
  }

  #draws(mount: Mount, secure: boolean, family: Family | undefined): Draws | undefined {
    if (secure) this.isAskedByHttps = true
    const entry = this.#mounts.get(mount)
    if (!entry) return undefined
    const way = wayIndex(secure, this.hasLiterals ? family : undefined)
    const { group } = entry
    const draws = group.draws[way] ?? this.#createDraws(group, entry, way)
    group.draws[way] = draws
    return draws
  }

  #createDraws(group: Group<Entry>, entry: Entry, way: number): Draws {
    const pool = new Pool()
    const put = (server: Server, reported: MountReport | undefined) => {
      const base = this.#bases.get(server.report.id)?.[way]
      if (base !== undefined) pool.put(this.#candidate(group, server, reported, base))
    }
    for (const { server, mount: reported } of entry.carriers.values()) put(server, reported)
    for (const { server } of this.#everywhere.values()) put(server, undefined)
    return { pool, regions: new Regions(pool, this.#demand) }
  }

  #candidate(
    group: Group<Entry>,
    server: Server,
    reported: MountReport | undefined,
    base: string,
  ): Candidate {
    const free = freeSlots(server.report, reported, this.#maxListenersDefault)
    return {
      server,
      free,
      slots: slotsBesideLine(server.report, reported, this.#maxListenersDefault),
      openUntilMs: openUntilMs(server, free, true),
      base,
      carries: reported && !followsMasters(server) ? always : (nowMs) => this.#hasMaster(group, nowMs),
    }
  }

  /** Whether a live master carries the mounts of a group: all of them have the same masters if some server follows these. */
  #hasMaster({ member }: Group<Entry>, nowMs: number): boolean {
    return member !== undefined && this.master(member.mount, nowMs) !== undefined
  }
}

const always = () => true

function* countedOf({ carriers }: Entry): Iterable<CarriedMount> {
  for (const carrier of carriers.values()) if (carrier.isCounted) yield carrier
}

/** Whether a server is another for all its mounts, whatever they report. */
const isOther = (before: Server, { report, polled, carriesAll }: Server): boolean =>
  before.report.role !== report.role || before.polled !== polled || before.carriesAll !== carriesAll
