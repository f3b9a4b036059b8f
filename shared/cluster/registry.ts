import { getLogger } from '@logtape/logtape'
import { Buckets } from '../bucket.ts'
import type { Probed } from '../draw/probe.ts'
import { isLive, type Server } from '../draw/server.ts'
import { View } from '../draw/view.ts'
import type { GeoLocation } from '../geo.ts'
import { limits } from '../limits.ts'
import { messageOf } from '../message-of.ts'
import type { Report } from '../report/report.ts'
import { parseSourcelist } from '../report/sourcelist.ts'
import { Factors } from './fan-out-factor.ts'
import { Pace } from './pace.ts'
import { PolledServers } from './polled-servers.ts'
import { type Account, Quota, restoredAccount } from './quota.ts'
import { formerMountsAfter, isSameBoot, type Order, orderAfter, outOfOrder } from './report-order.ts'
import type { HistoryRow, ServerRow, ServerTable } from './server-table.ts'
import { type StoreError, storeErrorOf } from './store-error.ts'

const logger = getLogger(['distributary', 'cluster'])

/** ms between two looks at whether the store can be written: everybody may ask */
const checkMs = 1000
/** ms for which a report that could not be stored says more than such a look: the longest of our own intervals, twice */
const troubleStandsMs = 60_000

/** Why a well-formed report is refused: by its order or its id (409), for its size (413), or because there are too many (429). */
export interface Refusal {
  status: 409 | 413 | 429
  text: string
}

/** What is known of a server beside its own words. */
export interface Beside {
  /** an icecast-kh slave: carries every mount that a live master carries */
  carriesAll?: boolean
  /** the report was not its own: it was made of its stats */
  polled?: boolean
  /** of the address that it reports from; its own `location` goes before it */
  location?: GeoLocation | undefined
  /** whose credentials it came with; undefined: it was the decider's own doing */
  account?: Account | undefined
  /** the address that it came from, where that is known and not loopback */
  remote?: string | undefined
}

/**
 * The servers of one cluster: takes reports in order, keeps them durably before it answers, and holds the
 * {@link View} that decisions are made from. All of it is synchronous, so that no two reports interleave.
 */
export class Registry {
  readonly view: View
  /** the servers that an operator named, to be polled */
  readonly polled: PolledServers
  readonly pace = new Pace()
  /** undefined: kept in memory alone */
  #table: ServerTable | undefined
  #drains = new Set<string>()
  #probed = new Map<string, Probed>()
  #orders = new Map<string, Order>()
  #factors = new Factors()
  #quota: Quota
  #reading = new Buckets(limits.reportBytes, limits.reportersCountedMax)
  #paces = new Buckets(limits.reportsPerId, limits.serversPerAccountMax)
  /** the id of this program, where it is among its own candidates */
  #ownId: string | undefined
  #minute = 0
  /** why the store did not take what last arrived; undefined: it did */
  #trouble: StoreError | undefined
  #troubleAtMs = 0
  #checkedAtMs = Number.NEGATIVE_INFINITY
  #redirects = 0

  /** Reads back what the table holds; a row that today's parser refuses is set aside. */
  constructor(
    table: ServerTable | undefined,
    maxListenersDefault: number,
    nowMs: number,
    mountsMax: number = limits.mountsPerAccountMax,
  ) {
    this.#table = table
    this.#quota = new Quota(mountsMax)
    this.view = new View(maxListenersDefault)
    this.polled = new PolledServers(table)
    if (!table) return
    for (const id of table.drains()) this.#drains.add(id)
    for (const row of table.servers()) this.#restore(row, nowMs)
  }

  /**
   * Stores a report as of `nowMs`. Returns why not, where its order, its id or a bound forbid it; nothing has changed then.
   * Where the store fails it is decided from, and the failure is returned.
   * `sourcelist` is the text it was parsed from.
   */
  put(
    report: Report,
    sourcelist: string,
    nowMs: number,
    beside: Beside = {},
  ): Refusal | StoreError | undefined {
    const conflict = this.#conflict(report, nowMs, beside)
    if (conflict !== undefined) return { status: 409, text: conflict }
    const tooMuch = this.#excess(report, nowMs, beside)
    if (tooMuch) return tooMuch
    const { id } = report
    const before = this.view.servers.get(id)
    const isHeld = before !== undefined && isLive(before, nowMs)
    const last = this.#orders.get(id)
    const order = orderAfter(last, report, isHeld)
    const formerMounts = this.#asFarAsThereIsRoom(formerMountsAfter(before, report, nowMs), report, beside)
    const row: ServerRow = {
      id,
      receivedAtMs: nowMs,
      sourcelist,
      carriesAll: beside.carriesAll ?? false,
      formerBoots: order.formerBoots,
      formerMounts,
      polled: beside.polled ?? false,
      location: beside.location,
    }
    const stored = this.#try(nowMs, () => this.#table?.put(row))
    this.#hold(row, report, order, this.#factors.learn(report, before?.debit ?? 0))
    if (beside.account !== undefined) {
      this.#quota.note(beside.account, id, report.mounts.length + formerMounts.length)
      this.#paces.take(id, 1, nowMs)
    }
    if (last) logTakeover(report, last, isHeld, beside.remote)
    this.pace.note(report, nowMs)
    this.#recordHistory(nowMs)
    return stored
  }

  /**
   * Does something with the store. Where that fails, what arrived is decided from all the same, and whoever sent it is told
   * that it is not stored. The log has it when it begins and when it is over.
   */
  #try(nowMs: number, run: () => void): StoreError | undefined {
    try {
      run()
    } catch (error) {
      const trouble = storeErrorOf(error)
      if (!this.#trouble)
        logger.error('the store does not take what arrives: {problem}', { problem: trouble.message })
      this.#trouble = trouble
      this.#troubleAtMs = nowMs
      return trouble
    }
    if (this.#trouble) logger.info('the store takes what arrives again', {})
    this.#trouble = undefined
    return undefined
  }

  /**
   * Whether a report of so many bytes may be read, by how many came from its address with its credentials; it is counted.
   * What comes from this machine is not bounded: it shares the processor anyway.
   */
  mayRead(account: Account, remote: string | undefined, bytes: number, nowMs: number): boolean {
    return remote === undefined || this.#reading.take(`${account} ${remote}`, bytes, nowMs)
  }

  /**
   * Takes in the report of this very program, a master that decides itself: its counts of the moment, kept in memory
   * alone. From then on its id is nobody else's. Its debit is 0, since its listeners are counted when they come.
   */
  putOwn(report: Report, nowMs: number): void {
    this.#ownId = report.id
    this.view.ownId = report.id
    this.view.put({
      report,
      receivedAtMs: nowMs,
      drained: this.#drains.has(report.id),
      carriesAll: false,
      polled: false,
      reachable: true,
      formerMounts: formerMountsAfter(this.view.servers.get(report.id), report, nowMs),
      location: report.location,
      factor: 1,
      debit: 0,
    })
  }

  /** Drains or undrains a server; false where there is none of that id. */
  setDrain(id: string, drained: boolean): boolean {
    const server = this.view.servers.get(id)
    if (!server && !this.#drains.has(id)) return false
    this.#table?.setDrain(id, drained)
    if (drained) this.#drains.add(id)
    else this.#drains.delete(id)
    if (server) this.view.put({ ...server, drained })
    return true
  }

  isDrained(id: string): boolean {
    return this.#drains.has(id)
  }

  /**
   * Says whether a server answers connections; not kept over a restart, since it is soon tried again.
   * @param probed undefined where it is not to be probed
   */
  setProbed(id: string, probed: Probed | undefined): void {
    if (probed) this.#probed.set(id, probed)
    else this.#probed.delete(id)
    const unreached = probed?.problem === undefined ? undefined : probed
    const server = this.view.servers.get(id)
    const before = server?.unreached
    if (server && (before?.url !== unreached?.url || before?.problem !== unreached?.problem))
      this.view.put({ ...server, reachable: unreached === undefined, unreached })
  }

  /** What its probes found of a server; undefined where it is not probed, or was not yet. */
  probedOf(id: string): Probed | undefined {
    return this.#probed.get(id)
  }

  /**
   * Forgets a server and its drain, and polls it no more; false where there is none of that id.
   * Its next report brings it back.
   */
  forget(id: string): boolean {
    const isPolled = this.polled.remove(id)
    const known = isPolled || this.view.servers.has(id) || this.#drains.has(id)
    if (!known) return false
    this.#table?.remove(id)
    this.#table?.setDrain(id, false)
    this.#drains.delete(id)
    this.#letGo(id)
    return true
  }

  /** Counts one redirect to this server: as its debit, and in the history. */
  redirected(server: Server): void {
    server.debit++
    this.countRedirects(1)
  }

  /** Counts redirects towards the history's current minute. */
  countRedirects(n: number): void {
    this.#redirects += n
  }

  /** Up to now; nothing where the store cannot be read, since a page goes on without its plot. */
  history(nowMs: number): HistoryRow[] {
    try {
      return this.#table?.history(Math.floor(nowMs / 60_000)) ?? []
    } catch {
      return []
    }
  }

  /**
   * Throws where the store does not take what arrives. A few bytes may fit where a report does not, so that what has just
   * arrived counts first; where nothing has, a write is tried, at most once a second, whoever asks.
   */
  check(nowMs: number): void {
    const isTold = this.#trouble?.trouble === 'failed' && nowMs - this.#troubleAtMs < troubleStandsMs
    if (!isTold && nowMs - this.#checkedAtMs >= checkMs) {
      this.#checkedAtMs = nowMs
      this.#try(nowMs, () => this.#table?.check())
    }
    if (this.#trouble) throw this.#trouble
  }

  /** Forgets what has been stale for a day, drains and servers to poll excepted, and mounts that are gone. Returns the ids forgotten. */
  prune(nowMs: number): string[] {
    const gone = [...this.view.servers.values()].filter(
      ({ report, receivedAtMs }) =>
        nowMs - receivedAtMs > limits.serverMemoryMs && !this.polled.servers.has(report.id),
    )
    for (const { report } of gone) {
      this.#try(nowMs, () => this.#table?.remove(report.id)) // what stays there is forgotten again after a restart
      this.#letGo(report.id)
    }
    this.view.prune(nowMs)
    return gone.map(({ report }) => report.id)
  }

  #letGo(id: string): void {
    this.#factors.forget(id)
    this.#quota.forget(id)
    this.#paces.forget(id)
    this.#orders.delete(id)
    this.pace.forget(id)
    this.#probed.delete(id)
    this.view.remove(id)
  }

  #conflict(report: Report, nowMs: number, { polled }: Beside): string | undefined {
    if (report.id === this.#ownId) return `id ${report.id} is that of this master itself, expected another id`
    const server = this.view.servers.get(report.id)
    const last = this.#orders.get(report.id)
    if (!server || !last) return undefined
    const isHeld = isLive(server, nowMs)
    const isRenamed = polled === true && server.polled // its operator may give it another url at any time
    const strange = isHeld && !isRenamed ? strangeUrl(report, server, last) : undefined
    if (strange !== undefined)
      return `id ${report.id} is held by a live server at ${server.report.urls.join(', ')}, which ${strange} is not; expected its urls alone until it is stale or leaves, or another id`
    return outOfOrder(last, report, isHeld)
  }

  /** Why the credentials of a report have this decider remember too much already, or too often. */
  #excess({ id, mounts }: Report, nowMs: number, { account }: Beside): Refusal | undefined {
    if (account === undefined) return undefined
    if (this.#paces.levelOf(id, nowMs) < 1)
      return {
        status: 429,
        text: `id ${id} reports more than ${limits.reportsPerId.perSecond} times a second, expected once at most`,
      }
    if (this.#quota.isFull(account, id) && !this.#makeRoom(account, nowMs))
      return {
        status: 429,
        text: `${limits.serversPerAccountMax} servers report with these credentials, expected no more`,
      }
    const room = this.#quota.roomFor(account, id)
    if (mounts.length > room)
      return {
        status: 413,
        text: `${mounts.length} mounts, expected at most ${Math.max(0, room)}: the servers with these credentials may have ${this.#quota.mountsMax} together`,
      }
    return undefined
  }

  /** Forgets the server of an account that has been stale longest; false where all of them are live. */
  #makeRoom(account: Account, nowMs: number): boolean {
    let oldest: Server | undefined
    for (const id of this.#quota.idsOf(account)) {
      const server = this.view.servers.get(id)
      if (!server || isLive(server, nowMs) || this.polled.servers.has(id)) continue
      if (!oldest || server.receivedAtMs < oldest.receivedAtMs) oldest = server
    }
    if (!oldest) return false
    const { id } = oldest.report
    this.#try(nowMs, () => this.#table?.remove(id))
    this.#letGo(id)
    return true
  }

  /** The mounts that a server had before are remembered where those that it has leave room for them. */
  #asFarAsThereIsRoom(
    former: Server['formerMounts'],
    { id, mounts }: Report,
    { account }: Beside,
  ): Server['formerMounts'] {
    if (account === undefined) return former
    const room = this.#quota.roomFor(account, id) - mounts.length
    return former.length <= room ? former : former.slice(former.length - Math.max(0, room))
  }

  #restore(row: ServerRow, nowMs: number): void {
    let report: Report
    try {
      report = parseSourcelist(row.sourcelist)
      if (report.id !== row.id) throw new Error(`it is a report of ${report.id}`)
    } catch (error) {
      this.#table?.setAside(row.id, messageOf(error))
      return
    }
    // a clock that was set back while we were down must not keep a server live for ever
    const receivedAtMs = Math.min(row.receivedAtMs, nowMs)
    const { boot, seq } = report
    // its joins teach nothing: how many redirects led to the next ones went with the process that made them
    this.#hold({ ...row, receivedAtMs }, report, { boot, seq, formerBoots: row.formerBoots, owns: false }, 1)
    this.#quota.note(restoredAccount, row.id, report.mounts.length + row.formerMounts.length)
  }

  #hold(row: ServerRow, report: Report, order: Order, factor: number): void {
    this.#orders.set(row.id, order)
    const probed = this.#probed.get(row.id)
    this.view.put({
      // first, where the engine keeps them beside what it looks at anyway: a draw needs these two and nothing else
      factor,
      debit: 0,
      report,
      receivedAtMs: row.receivedAtMs,
      drained: this.#drains.has(row.id),
      carriesAll: row.carriesAll,
      polled: row.polled,
      reachable: probed?.problem === undefined,
      unreached: probed?.problem === undefined ? undefined : probed,
      formerMounts: row.formerMounts,
      location: report.location ?? row.location,
    })
  }

  #recordHistory(nowMs: number): void {
    const minute = Math.floor(nowMs / 60_000)
    if (!this.#table || minute === this.#minute) return
    this.#minute = minute
    const live = [...this.view.servers.values()].filter((server) => isLive(server, nowMs))
    const listeners = live.reduce((sum, { report }) => sum + report.listeners, 0)
    const row = { minute, listeners, servers: live.length, redirects: this.#redirects }
    this.#try(nowMs, () => this.#table?.putHistory(row))
    this.#redirects = 0
  }
}

/**
 * The url of a report that is none of the live server's whose id it has: who holds a password that several share could
 * otherwise lead the listeners of any of them elsewhere. A program that came while nobody held its id may change its own.
 */
function strangeUrl(report: Report, server: Server, last: Order): string | undefined {
  const { urls } = server.report
  const strange = report.urls.find((url) => !urls.includes(url))
  const isItself = last.owns && isSameBoot(last, report.boot)
  const sharesOne = report.urls.some((url) => urls.includes(url))
  return (isItself || server.polled) && sharesOne ? undefined : strange
}

/** One program in place of another under one id is a restart, or somebody else: who runs the cluster can tell. */
function logTakeover({ id, boot, urls }: Report, last: Order, isHeld: boolean, address: string | undefined) {
  if (boot === undefined || last.boot === undefined || isSameBoot(last, boot)) return
  const fields = { id, boot, before: last.boot, urls, address }
  if (last.formerBoots.some((former) => former.boot === boot))
    logger.warning('{id} is back from {address}: boot {boot}, in place of {before}', fields)
  else if (isHeld)
    logger.warning(
      '{id} is taken over from {address}: boot {boot} in place of {before}, which is live',
      fields,
    )
}
