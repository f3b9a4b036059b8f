import type { Whereabouts } from '../geo.ts'
import type { Family } from '../http/address.ts'
import { limits } from '../limits.ts'
import { type Mount, printMount } from '../mount.ts'
import type { AboutMount } from '../report/about-mount.ts'
import type { MountReport } from '../report/report.ts'
import {
  createEntry,
  type Draws,
  type Entry,
  isHiddenByMaster,
  type MountView,
  noteListeners,
} from './mount-view.ts'
import { type Candidate, Pool } from './pool.ts'
import { Regions, TotalDemand } from './regions.ts'
import {
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

/**
 * A mount's url at a server, as a flat string: one concatenated by `+` stays a rope that is traversed at every answer, and
 * among thousands of servers each of its parts is elsewhere in memory.
 */
const urlAt = (base: string, mount: Mount): string => [base, printMount(mount)].join('')

/** The url of a mount at a given server: the first that fits the listener, else any. */
export function urlOf(
  mount: Mount,
  { report: { urls } }: Server,
  { secure, family }: Pick<DrawRequest, 'secure' | 'family'>,
): string {
  const bases = basesOf(urls, false)
  const base = bases[wayIndex(secure, family)] ?? bases[wayIndex(false, family)] ?? urls[0] ?? ''
  return urlAt(base, mount)
}

/**
 * The servers known at one moment, by id and by mount. A report changes only the entries of its own mounts, so a view of
 * 10,000 servers is never rebuilt.
 */
export class View {
  #servers = new Map<string, Server>()
  #mounts = new Map<Mount, Entry>()
  /** icecast-kh slaves, which are in every mount's pools */
  #everywhere = new Map<string, Server>()
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

  /** Adds a server, or replaces it by one with a newer report. */
  put(server: Server): void {
    const { id } = server.report
    const before = this.#servers.get(id)
    this.#servers.set(id, server)
    this.#noteUrls(server)
    const mounts = new Set<Mount>()
    for (const mount of server.report.mounts) {
      mounts.add(mount.mount)
      this.#putMount(server, mount)
    }
    for (const [mount, atMs] of server.formerMounts) this.#touch(mount, atMs)
    for (const { mount } of before?.report.mounts ?? []) if (!mounts.has(mount)) this.#removeMount(id, mount)
    this.#forgetUncarried()
    if (server.carriesAll) {
      this.#everywhere.set(id, server)
      for (const [mount, entry] of this.#mounts) this.#putPools(entry, mount, server, undefined)
    } else if (before?.carriesAll) this.#removeEverywhere(id)
  }

  remove(id: string): void {
    for (const { mount } of this.#servers.get(id)?.report.mounts ?? []) this.#removeMount(id, mount)
    this.#removeEverywhere(id)
    this.#servers.delete(id)
    this.#bases.delete(id)
    this.#literals.delete(id)
  }

  #noteUrls({ report: { id, urls } }: Server): void {
    this.#bases.set(id, basesOf(urls, id === this.ownId))
    if (hasLiteral(urls)) this.#literals.add(id)
    else this.#literals.delete(id)
  }

  /** Whether a server reported the mount in the last five minutes, or a live server with a longer interval carries it. */
  isKnown(mount: Mount, nowMs: number): boolean {
    const entry = this.#mounts.get(mount)
    if (!entry) return false
    if (nowMs - entry.reportedAtMs <= limits.mountMemoryMs) return true
    for (const { server } of entry.carriers.values())
      if (!followsMasters(server) && isLive(server, nowMs)) return true
    return false
  }

  /** The candidates of a mount for listeners of this scheme and, if it matters, address family. */
  pool(mount: Mount, secure: boolean, family?: Family): Pool | undefined {
    return this.#draws(mount, secure, family)?.pool
  }

  /** Draws a candidate for a listener: in proportion to weight, near ones more often if locations are known. */
  draw(ask: DrawRequest, nowMs: number, roll: () => number): Candidate | undefined {
    return this.#draws(ask.mount, ask.secure, ask.family)?.regions.draw(ask, nowMs, roll)
  }

  /** kbit/s that a listener of the mount takes of a server's line; 0 if the server does not report what that carries. */
  kbpsAt(mount: Mount, { report }: Server): number {
    if (report.maxBandwidth === undefined || report.bandwidth === undefined) return 0
    return kbpsOf(this.#mounts.get(mount)?.carriers.get(report.id)?.mount)
  }

  /** The live master that relays are sent to for this mount: the first by id. */
  master(mount: Mount, nowMs: number): Server | undefined {
    let first: Server | undefined
    for (const server of this.#mounts.get(mount)?.masters.values() ?? [])
      if (isLive(server, nowMs) && !(first && first.report.id < server.report.id)) first = server
    return first
  }

  /** Every live master of a mount, by id: those that {@link master} would name one after the other. */
  masters(mount: Mount, nowMs: number): Server[] {
    const live = [...(this.#mounts.get(mount)?.masters.values() ?? [])].filter((each) => isLive(each, nowMs))
    return live.sort((a, b) => (a.report.id < b.report.id ? -1 : 1))
  }

  /**
   * The fields of a mount in addition to its counts: from the master that relays are sent to, else from the stats of a polled
   * server. Those of reporting slaves are ignored, since the mount belongs to its master.
   */
  about(mount: Mount, nowMs: number): AboutMount | undefined {
    const carriers = this.#mounts.get(mount)?.carriers
    const master = this.master(mount, nowMs)
    const said = master && carriers?.get(master.report.id)?.mount.about
    if (said || !carriers) return said
    for (const carrier of carriers.values())
      if (carrier.server.polled && carrier.mount.about && isLive(carrier.server, nowMs))
        return carrier.mount.about
    return undefined
  }

  /** Forgets mounts that have no carrier and were not reported lately. */
  prune(nowMs: number): void {
    for (const [mount, entry] of this.#mounts)
      if (entry.carriers.size === 0 && !this.isKnown(mount, nowMs)) this.#forget(mount)
  }

  #forget(mount: Mount): void {
    this.#mounts.delete(mount)
    this.#uncarried--
  }

  /** Forgets all mounts without a carrier once there are too many: no listener needs a hundred thousand short-lived names. */
  #forgetUncarried(): void {
    if (this.#uncarried <= limits.namesKeptMax) return
    for (const [mount, { carriers }] of this.#mounts) if (carriers.size === 0) this.#forget(mount)
  }

  #entry(mount: Mount): Entry {
    let entry = this.#mounts.get(mount)
    if (!entry) {
      entry = createEntry()
      this.#mounts.set(mount, entry)
      this.#uncarried++
    }
    return entry
  }

  #touch(mount: Mount, atMs: number): Entry {
    const entry = this.#entry(mount)
    entry.reportedAtMs = Math.max(entry.reportedAtMs, atMs)
    return entry
  }

  #putMount(server: Server, mount: MountReport): void {
    const entry = followsMasters(server)
      ? this.#entry(mount.mount)
      : this.#touch(mount.mount, server.receivedAtMs)
    const before = entry.carriers.get(server.report.id)?.mount
    if (entry.carriers.size === 0) this.#uncarried--
    entry.carriers.set(server.report.id, { server, mount })
    noteListeners(entry, server, mount, before)
    const hadMaster = this.master(mount.mount, server.receivedAtMs) !== undefined
    if (server.report.role === 'master') entry.masters.set(server.report.id, server)
    else entry.masters.delete(server.report.id)
    if (server.report.role === 'master') entry.isPrivate = isHiddenByMaster(entry)
    this.#putPools(entry, mount.mount, server, mount)
    if (server.report.role === 'master' && !hadMaster) this.#putFollowers(entry, mount.mount)
  }

  /** Updates the servers that carry a mount only while a master does: the master is back, which raises their weights. */
  #putFollowers(entry: Entry, mount: Mount): void {
    for (const { server, mount: reported } of entry.carriers.values())
      if (followsMasters(server)) this.#putPools(entry, mount, server, reported)
    for (const server of this.#everywhere.values()) this.#putPools(entry, mount, server, undefined)
  }

  #putPools(entry: Entry, mount: Mount, server: Server, reported: MountReport | undefined): void {
    const bases = this.#bases.get(server.report.id) ?? []
    for (let way = 0; way < entry.draws.length; way++) {
      const draws = entry.draws[way]
      const base = bases[way]
      if (base === undefined) draws?.pool.remove(server.report.id)
      else draws?.pool.put(this.#candidate(mount, server, reported, base))
    }
  }

  #removeMount(id: string, mount: Mount): void {
    const entry = this.#mounts.get(mount)
    if (entry) entry.listeners -= entry.carriers.get(id)?.mount.listeners ?? 0
    if (entry?.carriers.delete(id) && entry.carriers.size === 0) this.#uncarried++
    entry?.masters.delete(id)
    for (const draws of entry?.draws ?? []) draws?.pool.remove(id)
  }

  #removeEverywhere(id: string): void {
    if (this.#everywhere.delete(id)) for (const mount of this.#mounts.keys()) this.#removeMount(id, mount)
  }

  #draws(mount: Mount, secure: boolean, family: Family | undefined): Draws | undefined {
    if (secure) this.isAskedByHttps = true
    const entry = this.#mounts.get(mount)
    if (!entry) return undefined
    const way = wayIndex(secure, this.hasLiterals ? family : undefined)
    const draws = entry.draws[way] ?? this.#createDraws(mount, entry, way)
    entry.draws[way] = draws
    return draws
  }

  #createDraws(mount: Mount, entry: Entry, way: number): Draws {
    const pool = new Pool()
    const put = (server: Server, reported: MountReport | undefined) => {
      const base = this.#bases.get(server.report.id)?.[way]
      if (base !== undefined) pool.put(this.#candidate(mount, server, reported, base))
    }
    for (const { server, mount: reported } of entry.carriers.values()) put(server, reported)
    for (const server of this.#everywhere.values()) put(server, undefined)
    return { pool, regions: new Regions(pool, this.#demand) }
  }

  #candidate(mount: Mount, server: Server, reported: MountReport | undefined, base: string): Candidate {
    const free = freeSlots(server.report, reported, this.#maxListenersDefault)
    return {
      server,
      free,
      slots: slotsBesideLine(server.report, reported, this.#maxListenersDefault),
      openUntilMs: openUntilMs(server, free, true),
      url: urlAt(base, mount),
      carries:
        reported && !followsMasters(server) ? always : (nowMs) => this.master(mount, nowMs) !== undefined,
    }
  }
}

const always = () => true
