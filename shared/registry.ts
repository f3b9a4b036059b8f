import { Factors } from './fan-out-factor.ts'
import { formerMountsAfter, type Order, orderAfter, outOfOrder } from './former.ts'
import { limits } from './limits.ts'
import { PolledServers } from './polled-servers.ts'
import type { Place } from './proximity.ts'
import type { Report } from './report.ts'
import { isLive } from './server.ts'
import type { HistoryRow, ServerRow, ServerTable } from './server-table.ts'
import { parseSourcelist } from './sourcelist.ts'
import { View } from './view.ts'
import { Pace } from './wish.ts'

/** Why a well-formed report is refused (contract §2, `409`). */
export type Conflict = string

/** What is known of a server beside its own words. */
export interface Beside {
  /** an icecast-kh slave: carries every mount that a live master carries */
  carriesAll?: boolean
  /** the report was not its own: it was made of its stats */
  polled?: boolean
  /** of the address that it reports from; its own `location` goes before it */
  place?: Place | undefined
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
  #unreachable = new Set<string>()
  #orders = new Map<string, Order>()
  #factors = new Factors()
  /** the id of this program, where it is among its own candidates */
  #ownId: string | undefined
  #minute = 0
  #redirects = 0

  /** Reads back what the table holds; a row that today's parser refuses is left out. */
  constructor(table: ServerTable | undefined, maxListenersDefault: number, nowMs: number) {
    this.#table = table
    this.view = new View(maxListenersDefault)
    this.polled = new PolledServers(table)
    if (!table) return
    for (const id of table.drains()) this.#drains.add(id)
    for (const row of table.servers()) this.#restore(row, nowMs)
  }

  /**
   * Stores a report as of `nowMs`. Returns why not, where its order or its id forbid it; nothing has changed then.
   * `sourcelist` is the text it was parsed from.
   */
  put(report: Report, sourcelist: string, nowMs: number, beside: Beside = {}): Conflict | undefined {
    const conflict = this.#conflict(report, nowMs, beside)
    if (conflict !== undefined) return conflict
    const { id } = report
    const before = this.view.servers.get(id)
    const order = orderAfter(this.#orders.get(id), report)
    const row: ServerRow = {
      id,
      receivedAtMs: nowMs,
      sourcelist,
      carriesAll: beside.carriesAll ?? false,
      formerBoots: order.formerBoots,
      formerMounts: formerMountsAfter(before, report, nowMs),
      polled: beside.polled ?? false,
      place: beside.place,
    }
    this.#table?.put(row)
    this.#hold(row, report, order, this.#factors.learn(report, before?.debit ?? 0))
    this.pace.note(report, nowMs)
    this.#recordHistory(nowMs)
    return undefined
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
      place: report.location,
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

  /** Says whether a server answers connections; not kept over a restart, since it is soon tried again. */
  setReachable(id: string, reachable: boolean): void {
    if (reachable) this.#unreachable.delete(id)
    else this.#unreachable.add(id)
    const server = this.view.servers.get(id)
    if (server && server.reachable !== reachable) this.view.put({ ...server, reachable })
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

  /** Counts redirects towards the history's current minute. */
  countRedirects(n: number): void {
    this.#redirects += n
  }

  history(): HistoryRow[] {
    return this.#table?.history() ?? []
  }

  /** Throws where the table cannot be read. */
  check(): void {
    this.#table?.check()
  }

  /** Forgets what has been stale for a day, drains and servers to poll excepted, and mounts that are gone. Returns the ids forgotten. */
  prune(nowMs: number): string[] {
    const gone = [...this.view.servers.values()].filter(
      ({ report, receivedAtMs }) =>
        nowMs - receivedAtMs > limits.serverMemoryMs && !this.polled.servers.has(report.id),
    )
    for (const { report } of gone) {
      this.#table?.remove(report.id)
      this.#letGo(report.id)
    }
    this.view.prune(nowMs)
    return gone.map(({ report }) => report.id)
  }

  #letGo(id: string): void {
    this.#factors.forget(id)
    this.#orders.delete(id)
    this.pace.forget(id)
    this.#unreachable.delete(id)
    this.view.remove(id)
  }

  #conflict(report: Report, nowMs: number, { polled }: Beside): Conflict | undefined {
    if (report.id === this.#ownId) return `id ${report.id} is that of this master itself, expected another id`
    const server = this.view.servers.get(report.id)
    const last = this.#orders.get(report.id)
    if (!server || !last) return undefined
    const isRenamed = polled === true && server.polled // its operator may give it another url at any time
    if (!isRenamed && isLive(server, nowMs) && !server.report.urls.some((url) => report.urls.includes(url)))
      return `id ${report.id} is held by a live server at ${server.report.urls.join(', ')}; expected one of its urls, or another id`
    return outOfOrder(last, report)
  }

  #restore(row: ServerRow, nowMs: number): void {
    try {
      const report = parseSourcelist(row.sourcelist)
      // a clock that was set back while we were down must not keep a server live for ever
      const receivedAtMs = Math.min(row.receivedAtMs, nowMs)
      const { boot, seq } = report
      // its joins teach nothing: how many redirects led to the next ones went with the process that made them
      this.#hold({ ...row, receivedAtMs }, report, { boot, seq, formerBoots: row.formerBoots }, 1)
    } catch {
      this.#table?.remove(row.id) // written by a version whose format is gone; the server reports again
    }
  }

  #hold(row: ServerRow, report: Report, order: Order, factor: number): void {
    this.#orders.set(row.id, order)
    this.view.put({
      // first, where the engine keeps them beside what it looks at anyway: a draw needs these two and nothing else
      factor,
      debit: 0,
      report,
      receivedAtMs: row.receivedAtMs,
      drained: this.#drains.has(row.id),
      carriesAll: row.carriesAll,
      polled: row.polled,
      reachable: !this.#unreachable.has(row.id),
      formerMounts: row.formerMounts,
      place: report.location ?? row.place,
    })
  }

  #recordHistory(nowMs: number): void {
    const minute = Math.floor(nowMs / 60_000)
    if (!this.#table || minute === this.#minute) return
    this.#minute = minute
    const live = [...this.view.servers.values()].filter((server) => isLive(server, nowMs))
    const listeners = live.reduce((sum, { report }) => sum + report.listeners, 0)
    this.#table.putHistory({ minute, listeners, servers: live.length, redirects: this.#redirects })
    this.#redirects = 0
  }
}
