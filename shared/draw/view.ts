import type { Family } from '../http/address.ts'
import { limits } from '../limits.ts'
import type { Mount } from '../mount.ts'
import type { AboutMount } from '../report/about-mount.ts'
import type { Drawn, DrawRequest } from './draw-request.ts'
import { Carriers } from './mounts/carriers.ts'
import { Everywhere } from './mounts/everywhere.ts'
import type { Draws } from './mounts/group.ts'
import { Groups } from './mounts/groups.ts'
import { Host } from './mounts/host.ts'
import { KnownMounts } from './mounts/known-mounts.ts'
import { LiveSums } from './mounts/live-sums.ts'
import { aboutOf, liveMastersOf, masterOf, saidByMaster } from './mounts/masters.ts'
import type { Entry, MountView } from './mounts/mount-view.ts'
import type { MountOnAir } from './mounts/on-air.ts'
import { Pools } from './mounts/pools.ts'
import { SortedHosts } from './mounts/sorted-hosts.ts'
import { JoinRate, TotalDemand } from './pool/demand.ts'
import type { Pool } from './pool/pool.ts'
import { kbpsOf, type Server } from './server.ts'

/**
 * The servers known at one moment, by id and by mount. A report changes only the entries of its own mounts, so a view of
 * 10,000 servers is never rebuilt.
 */
export class View {
  readonly #servers = new Map<string, Server>()
  readonly #hosts = new Map<string, Host>()
  readonly #everywhere = new Everywhere()
  readonly #pools: Pools
  readonly #groups: Groups
  readonly #mounts: KnownMounts
  readonly #sums: LiveSums
  readonly #carriers: Carriers
  /** hosts so far */
  #numbered = 0
  /** by id */
  readonly #sorted = new SortedHosts()
  /** whether any listener came by https since the program (on Workers: the isolate, the object) started */
  isAskedByHttps = false
  /** told of each server that is put or removed, by its id; of undefined when deadlines of any may have moved */
  onChange: ((id: string | undefined) => void) | undefined
  /** the id of this program if it is one of its own candidates; its listeners can already reach it */
  ownId: string | undefined
  readonly maxListenersDefault: number

  /**
   * @param maxListenersDefault slots of a server that does not report its maximum
   * @param namesKeptMax names of mounts that no server carries any more
   */
  constructor(maxListenersDefault: number, namesKeptMax: number = limits.namesKeptMax) {
    this.maxListenersDefault = maxListenersDefault
    const demand = new TotalDemand()
    this.#pools = new Pools(this.#everywhere, demand, maxListenersDefault)
    this.#groups = new Groups(this.#everywhere, this.#pools, demand)
    this.#mounts = new KnownMounts(this.#groups, this.#hosts, namesKeptMax)
    this.#sums = new LiveSums(this.#hosts, this.#mounts)
    this.#carriers = new Carriers(this.#mounts, this.#groups, this.#sums)
  }

  get servers(): ReadonlyMap<string, Server> {
    return this.#servers
  }
  get mounts(): ReadonlyMap<Mount, MountView> {
    return this.#mounts.all
  }

  /** All servers, sorted by id: each came to its place when it was new. */
  get sorted(): readonly Host[] {
    return this.#sorted.all
  }

  /** Whether the address family of listeners matters. */
  get hasLiterals(): boolean {
    return this.#pools.hasLiterals
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
    const before = this.#servers.get(server.report.id)
    const host = this.#hostOf(server)
    this.#sums.expire(nowMs)
    const isOfOtherKinds = host.replace(server)
    const wasCounted = this.#sums.note(host, nowMs)
    this.#carriers.update(host, before, isOfOtherKinds || !before || isOther(before, server))
    // those of a new server have been counted as they were added
    if (before && wasCounted !== host.isCounted) this.#sums.countAll(host)
    this.#noteRest(host, before)
    this.#groups.settle(nowMs)
    this.#groups.show(host, before, this.#mounts)
  }

  /** Adds all servers that there are at the start, mount by mount, and finds the groups of these once, not for each server. */
  load(servers: Iterable<Server>, nowMs: number): void {
    const hosts = Array.from(servers, (server) => {
      const host = this.#hostOf(server)
      this.#sums.note(host, nowMs)
      return host
    })
    this.#carriers.load(hosts)
    for (const host of hosts) this.#noteRest(host, undefined)
    this.#groups.settle(nowMs)
    for (const host of hosts) this.#groups.show(host, undefined, this.#mounts)
  }

  /** The host of a server from now on. */
  #hostOf(server: Server): Host {
    const { id } = server.report
    this.#servers.set(id, server)
    this.#pools.noteUrls(server, id === this.ownId)
    const known = this.#hosts.get(id)
    if (known) return known
    const host = new Host(++this.#numbered, server, this.maxListenersDefault)
    this.#hosts.set(id, host)
    this.#sorted.add(host)
    return host
  }

  /** What a report says beyond the mounts that its server carries. */
  #noteRest(host: Host, before: Server | undefined): void {
    const { server } = host
    for (const [mount, atMs] of server.formerMounts) this.#mounts.touch(this.#mounts.know(mount), atMs)
    this.#mounts.bound()
    if (server.carriesAll) this.#addEverywhere(host)
    else if (before?.carriesAll) this.#removeEverywhere(server.report.id)
    this.onChange?.(server.report.id)
  }

  /** Servers' deadlines have been moved in place: those that are earlier than they were have to be looked for again. */
  deadlinesMoved(): void {
    this.#sums.deadlinesMoved()
    this.onChange?.(undefined)
  }

  remove(id: string): void {
    const host = this.#hosts.get(id)
    if (!host) return
    const { report, receivedAtMs } = host.server
    for (const { mount } of report.mounts) this.#carriers.remove(host, mount, host.server)
    this.#removeEverywhere(id)
    this.#servers.delete(id)
    this.#hosts.delete(id)
    this.#sorted.remove(host)
    this.#pools.forgetUrls(id)
    this.#groups.settle(receivedAtMs)
    this.#groups.showAll(host)
    this.onChange?.(id)
  }

  /** What the live servers say of a mount together; undefined if none carries it. It looks at the mount alone, not at its carriers. */
  onAir(mount: Mount, nowMs: number): MountOnAir | undefined {
    this.#sums.expire(nowMs)
    const entry = this.#mounts.get(mount)
    return entry?.onAir.at(masterOf(entry, nowMs) !== undefined, () => entry.carriers.counted())
  }

  /** Whether a server reported the mount in the last five minutes, or a live server with a longer interval carries it. */
  isKnown(mount: Mount, nowMs: number): boolean {
    return this.#mounts.isKnown(mount, nowMs)
  }

  /** Forgets mounts that have no carrier and were not reported lately. */
  prune(nowMs: number): void {
    this.#mounts.prune(nowMs)
  }

  /** The candidates of a mount for listeners of this scheme and, if it matters, address family. */
  pool(mount: Mount, secure: boolean, family?: Family): Pool | undefined {
    return this.#draws(this.#mounts.get(mount), secure, family)?.pool
  }

  /** Draws a server for a listener: in proportion to weight, near ones more often if locations are known. */
  draw(ask: DrawRequest, nowMs: number, roll: () => number): Drawn | undefined {
    const entry = this.#mounts.get(ask.mount)
    const draws = this.#draws(entry, ask.secure, ask.family)
    if (!entry || !draws) return undefined
    if (!ask.probe && !ask.again) {
      entry.rate ??= new JoinRate()
      entry.rate.add(nowMs)
    }
    const drawn = draws.regions.draw(ask, nowMs, roll)
    return drawn && { server: drawn.server, url: drawn.base + entry.path }
  }

  /** kbit/s that a listener of the mount takes of a server's line; 0 if the server does not report what that carries. */
  kbpsAt(mount: Mount, { report }: Server): number {
    if (report.maxBandwidth === undefined || report.bandwidth === undefined) return 0
    return kbpsOf(this.#mounts.get(mount)?.carriers.reportOf(this.#hosts.get(report.id)))
  }

  /** The live master that relays are sent to for this mount: the first by id. */
  master(mount: Mount, nowMs: number): Server | undefined {
    const entry = this.#mounts.get(mount)
    return entry && masterOf(entry, nowMs)
  }

  /** Every live master of a mount, by id: those that {@link master} would name one after the other. */
  masters(mount: Mount, nowMs: number): Server[] {
    const entry = this.#mounts.get(mount)
    return entry ? liveMastersOf(entry, nowMs) : []
  }

  /** The fields of a mount in addition to its counts, by a master or a polled server. */
  about(mount: Mount, nowMs: number): AboutMount | undefined {
    const entry = this.#mounts.get(mount)
    return entry && aboutOf(entry, nowMs)
  }

  /** The same as far as a live master says it; undefined without one. */
  saidByMaster(mount: Mount, nowMs: number): AboutMount | undefined {
    const entry = this.#mounts.get(mount)
    return entry && saidByMaster(entry, nowMs)
  }

  #draws(entry: Entry | undefined, secure: boolean, family: Family | undefined): Draws | undefined {
    if (secure) this.isAskedByHttps = true
    return entry && this.#pools.drawsOf(entry, secure, family)
  }

  #addEverywhere(host: Host): void {
    if (this.#everywhere.add(host)) this.#unsettleAll()
  }

  #removeEverywhere(id: string): void {
    if (this.#everywhere.remove(id)) this.#unsettleAll()
  }

  #unsettleAll(): void {
    for (const entry of this.#mounts.all.values()) this.#groups.unsettle(entry)
  }
}

/** Whether a server is another for all its mounts, whatever they report. */
const isOther = (before: Server, { report, polled, carriesAll }: Server): boolean =>
  before.report.role !== report.role || before.polled !== polled || before.carriesAll !== carriesAll
