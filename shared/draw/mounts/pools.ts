import type { Family } from '../../http/address.ts'
import type { MountReport } from '../../report/report.ts'
import type { TotalDemand } from '../pool/demand.ts'
import { type Candidate, Pool } from '../pool/pool.ts'
import { Regions } from '../pool/regions.ts'
import { followsMasters, freeSlots, openUntilMs, type Server, slotsBesideLine } from '../server.ts'
import { type Bases, basesOf, hasLiteral, wayIndex } from '../ways.ts'
import type { Everywhere } from './everywhere.ts'
import type { Draws, Group } from './group.ts'
import type { Host } from './host.ts'
import { masterOf } from './masters.ts'
import type { Entry } from './mount-view.ts'

/** Keeps the pools of each group: a candidate for each of its servers, by its newest report, for each way that is asked for. */
export class Pools {
  readonly #everywhere: Everywhere
  readonly #demand: TotalDemand
  readonly #maxListenersDefault: number
  /** by server: its url for each way; undefined if there is none */
  readonly #bases = new Map<string, Bases>()
  /** servers with an address literal in a url */
  readonly #literals = new Set<string>()

  constructor(everywhere: Everywhere, demand: TotalDemand, maxListenersDefault: number) {
    this.#everywhere = everywhere
    this.#demand = demand
    this.#maxListenersDefault = maxListenersDefault
  }

  /** Whether the address family of listeners matters. */
  get hasLiterals(): boolean {
    return this.#literals.size > 0
  }

  /** @param isHere the server is this program itself */
  noteUrls({ report: { id, urls } }: Server, isHere: boolean): void {
    this.#bases.set(id, basesOf(urls, isHere))
    if (hasLiteral(urls)) this.#literals.add(id)
    else this.#literals.delete(id)
  }

  forgetUrls(id: string): void {
    this.#bases.delete(id)
    this.#literals.delete(id)
  }

  /** The pool of a mount and its regions for a way; created at the first question. */
  drawsOf(entry: Entry, secure: boolean, family: Family | undefined): Draws {
    const way = wayIndex(secure, this.hasLiterals ? family : undefined)
    const { draws } = entry.group
    const known = draws[way]
    if (known) return known
    const created = this.#create(entry, way)
    draws[way] = created
    return created
  }

  /** Shows a server's newest report to the pools of a group. */
  put(group: Group<Entry>, host: Host): void {
    const { id } = host.server.report
    const reported = group.member?.carriers.reportOf(host)
    const carries = reported !== undefined || this.#everywhere.has(id)
    const bases = this.#bases.get(id) ?? []
    for (const [way, draws] of group.draws.entries()) {
      const base = bases[way]
      if (!carries || base === undefined) draws?.pool.remove(id)
      else draws?.pool.put(this.#candidate(group, host.server, reported, base))
    }
  }

  /**
   * Shows the servers that carry a group's mounts only while a master does to its pools again. Where a master has come, they weigh
   * more than the drums hold, without a report of theirs.
   */
  putFollowers(group: Group<Entry>): void {
    const { member } = group
    if (!member || group.draws.length === 0) return
    if (member.followers !== 0)
      for (const carrier of member.carriers.values()) if (carrier.follows) this.put(group, carrier.host)
    for (const host of this.#everywhere.hosts) this.put(group, host)
  }

  #create({ group, carriers }: Entry, way: number): Draws {
    const pool = new Pool()
    const put = (server: Server, reported: MountReport | undefined) => {
      const base = this.#bases.get(server.report.id)?.[way]
      if (base !== undefined) pool.put(this.#candidate(group, server, reported, base))
    }
    for (const { server, mount: reported } of carriers.values()) put(server, reported)
    for (const { server } of this.#everywhere.hosts) put(server, undefined)
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
      carries: reported && !followsMasters(server) ? always : (nowMs) => hasMaster(group, nowMs),
    }
  }
}

const always = () => true

/** Whether a live master carries the mounts of a group: all of them have the same masters if some server follows these. */
const hasMaster = ({ member }: Group<Entry>, nowMs: number): boolean =>
  member !== undefined && masterOf(member, nowMs) !== undefined
