import type { Probed } from '../draw/probe.ts'
import { deadlineMs, followsMasters, isLive, type Server } from '../draw/server.ts'
import { View } from '../draw/view.ts'
import type { Counted } from '../history/counts.ts'
import { History } from '../history/history.ts'
import { MemoryHistory } from '../history/memory-store.ts'
import type { Reported } from '../history/recorder.ts'
import type { WrongLogin } from '../http/wrong-logins.ts'
import { limits } from '../limits.ts'
import type { Mount } from '../mount.ts'
import { KnownLines } from '../report/mount-lines.ts'
import type { Report } from '../report/report.ts'
import { parseSourcelist } from '../report/sourcelist.ts'
import { IdHolders } from './admission/id-holders.ts'
import type { Account } from './admission/quota.ts'
import { type MakeRoom, ReportBounds } from './admission/report-bounds.ts'
import type { Rejection, ReportContext, ReportSender } from './admission/report-context.ts'
import { formerMountsAfter } from './admission/report-order.ts'
import { Factors } from './fan-out-factor.ts'
import { Hearing } from './hearing.ts'
import { Journal } from './journal.ts'
import { Pace } from './pace.ts'
import { PolledServers } from './polled-servers.ts'
import { ServerNotes, unreachedIn } from './server-notes.ts'
import type { ServerRow, ServerTable } from './server-table.ts'
import type { StoreError } from './store-error.ts'
import { storedReports } from './stored-reports.ts'
import { ClusterWatch } from './watch/cluster-watch.ts'
import type { ClusterEvent } from './watch/event.ts'
import { logEvent } from './watch/log-event.ts'

/** What an operator did: when, and who it was, for the events. */
export interface Deed {
  nowMs?: number | undefined
  /** `admin@203.0.113.7` */
  by?: string | undefined
}

/**
 * The servers of one cluster: accepts reports in order, stores them before they are answered, and holds the {@link View}
 * for decisions. All of it is synchronous, so reports never interleave.
 */
export class Registry {
  readonly view: View
  /** the servers to poll */
  readonly polled: PolledServers
  readonly pace = new Pace()
  readonly #known = new KnownLines((id) => this.view.servers.get(id)?.report)
  readonly history: History
  /** undefined: kept only in memory */
  #table: ServerTable | undefined
  #journal: Journal
  #notes: ServerNotes
  #holders = new IdHolders()
  #bounds: ReportBounds
  #factors = new Factors()
  #watch: ClusterWatch
  #hearing: Hearing
  /** the newest moment that this was told of */
  #nowMs: number

  /**
   * Loads the servers from the table; a row that this version cannot parse is set aside.
   * @param wallMs ms since 1970 by the wall clock, if `nowMs` is of another one: rows of the history are named by it
   */
  constructor(
    table: ServerTable | undefined,
    maxListenersDefault: number,
    nowMs: number,
    mountsMax: number = limits.mountsPerAccountMax,
    wallMs: (nowMs: number) => number = (atMs) => atMs,
  ) {
    this.#table = table
    this.#journal = new Journal(table)
    this.#notes = new ServerNotes(table)
    this.#bounds = new ReportBounds(mountsMax)
    this.view = new View(maxListenersDefault)
    this.#watch = new ClusterWatch(this.view)
    this.#hearing = new Hearing(this.view)
    this.#nowMs = nowMs
    this.polled = new PolledServers(table)
    this.view.load(this.#restored(nowMs), nowMs)
    for (const server of this.view.servers.values()) this.#hearing.heard(server)
    const servers = [...this.view.servers.values()].map((server) => this.#reported(server, nowMs))
    const about = (mount: Mount, atMs: number) => this.view.about(mount, atMs)
    this.history = new History({ wallMs, about }, table?.history ?? new MemoryHistory(), servers, nowMs)
    if (table) this.#watch.restore(this.#journal.events, nowMs)
  }

  /**
   * Stores a report as of `nowMs`. Returns a refusal, and changes nothing, if its order, its id or a bound forbids it.
   * If the store fails, the report is used for decisions, and the failure is returned.
   * `sourcelist` is the text that it was parsed from.
   */
  put(
    report: Report,
    sourcelist: string,
    nowMs: number,
    context: ReportContext = {},
  ): Rejection | StoreError | undefined {
    this.sweep(nowMs)
    const { id } = report
    const before = this.view.servers.get(id)
    const { account, remote, sender, polled = false } = context
    const conflict = this.#holders.conflict(report, before, polled, nowMs)
    if (conflict !== undefined) {
      this.#record(this.#holders.rejected(report, before, nowMs, remote))
      return { status: 409, text: conflict }
    }
    const tooMuch =
      account === undefined ? undefined : this.#bounds.excess(report, account, nowMs, this.#makeRoom)
    if (tooMuch) return tooMuch
    const isHeld = before !== undefined && isLive(before, nowMs)
    const { order, takeover } = this.#holders.accepted(report, isHeld, nowMs, remote)
    const gone = formerMountsAfter(before, report, nowMs)
    const row: ServerRow = {
      id,
      receivedAtMs: nowMs,
      sourcelist,
      carriesAll: context.carriesAll ?? false,
      formerBoots: order.formerBoots,
      formerMounts: account === undefined ? gone : this.#bounds.asFarAsThereIsRoom(gone, report, account),
      polled,
      location: context.location,
    }
    const server = this.#notes.serverOf(row, report, this.#factors.learn(report, before?.debit ?? 0))
    this.view.put(server, this.#nowMs)
    this.#record(this.#hearing.heard(server))
    const changes = this.#watch.reported(server, nowMs)
    for (const event of changes) logEvent(event)
    const stored = this.#journal.reported(row, takeover ? [takeover, ...changes] : changes, nowMs)
    if (account !== undefined)
      this.#bounds.accepted(account, id, report.mounts.length + row.formerMounts.length, nowMs)
    if (sender) this.#notes.setSender(id, sender)
    this.pace.note(report, nowMs)
    this.history.report(this.#reported(server, nowMs), nowMs)
    return stored
  }

  /**
   * Finds what has become true without a report: servers are stale. It costs nothing until then, so it is called now and
   * then, and before everything that depends on it.
   */
  sweep(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    this.#record(this.#hearing.look(nowMs))
    this.#record(this.#watch.sweep(nowMs))
    if (this.history.advance(nowMs)) this.#journal.write(nowMs, () => this.history.flush())
  }

  /** The view for a decision at this moment: if this decider hears nobody, it draws by the last reports. */
  current(nowMs: number): View {
    this.#record(this.#hearing.look(nowMs))
    return this.view
  }

  /** Counts the bytes of a report, and returns whether it may be parsed. */
  mayRead(account: Account, remote: string | undefined, bytes: number, nowMs: number): boolean {
    return this.#bounds.mayRead(account, remote, bytes, nowMs)
  }

  /**
   * Updates the report of this program itself, a master that decides itself: its current counts, kept only in memory. From
   * then on no other server can use its id. Its debit is 0, since its listeners are counted as soon as they join.
   */
  putOwn(report: Report, nowMs: number): void {
    this.#holders.own(report.id)
    this.view.ownId = report.id
    const server: Server = {
      report,
      receivedAtMs: nowMs,
      drained: this.#notes.isDrained(report.id),
      carriesAll: false,
      polled: false,
      reachable: true,
      formerMounts: formerMountsAfter(this.view.servers.get(report.id), report, nowMs),
      location: report.location,
      factor: 1,
      debit: 0,
      debitKbps: 0,
      heldUntilMs: Number.NEGATIVE_INFINITY,
    }
    this.view.put(server)
    this.sweep(nowMs)
    this.#record(this.#watch.reported(server, nowMs, true))
    this.history.report({ report, untilMs: Number.POSITIVE_INFINITY, mounts: report.mounts }, nowMs)
  }

  /** Drains or undrains a server; returns false if there is none of that id. */
  setDrain(id: string, drained: boolean, { nowMs = this.#nowMs, by }: Deed = {}): boolean {
    const server = this.view.servers.get(id)
    if (!server && !this.#notes.isDrained(id)) return false
    this.#notes.setDrain(id, drained)
    if (server) this.view.put({ ...server, drained }, nowMs)
    this.sweep(nowMs)
    this.#record(this.#watch.drained(id, drained, by, nowMs))
    return true
  }

  isDrained(id: string): boolean {
    return this.#notes.isDrained(id)
  }

  /**
   * Sets whether a server answers connections; not stored, since it is probed again soon after a restart.
   * @param probed undefined if it must not be probed
   */
  setProbed(id: string, probed: Probed | undefined, nowMs = this.#nowMs): void {
    this.#notes.setProbed(id, probed)
    const unreached = unreachedIn(probed)
    const server = this.view.servers.get(id)
    const before = server?.unreached
    if (server && (before?.url !== unreached?.url || before?.problem !== unreached?.problem))
      this.view.put({ ...server, reachable: unreached === undefined, unreached }, nowMs)
    this.sweep(nowMs)
    if (probed) this.#record(this.#watch.probed(id, probed, nowMs))
  }

  /** The result of probing a server; undefined if it is not probed, or has not been yet. */
  probedOf(id: string): Probed | undefined {
    return this.#notes.probedOf(id)
  }

  /**
   * Forgets a server and its drain, and stops polling it; returns false if there is none of that id.
   * Its next report brings it back.
   */
  forget(id: string, { nowMs = this.#nowMs, by }: Deed = {}): boolean {
    const isPolled = this.polled.remove(id)
    const known = isPolled || this.view.servers.has(id) || this.#notes.isDrained(id)
    if (!known) return false
    this.#table?.remove(id)
    this.#notes.setDrain(id, false)
    this.sweep(nowMs)
    this.#letGo(id, by === undefined ? 'deleted' : `deleted by ${by}`)
    return true
  }

  /** A wrong login was shown; the place that checked it has logged it. */
  wrongLogin({ door, address, user }: WrongLogin, nowMs: number): void {
    if (!this.#journal.mayTellOfLogin(nowMs)) return
    this.sweep(nowMs)
    const detail = `${door}: user "${user ?? ''}" from ${address ?? 'an unknown address'}`
    this.#record([{ at: Math.round(nowMs), kind: 'wrong login', detail }])
  }

  /** Counts one redirect to this server as its debit. @param kbps what it takes of the server's line, if that is known */
  redirected(server: Server, kbps: number): void {
    server.debit++
    server.debitKbps += kbps
  }

  /** Counts requests for mounts. */
  count(counted: Counted, nowMs: number): void {
    const { sentBackBy } = counted
    this.history.count(counted, nowMs, sentBackBy !== undefined && this.view.servers.has(sentBackBy))
  }

  /** Writes the running minute of the history: the program stops. */
  stop(nowMs: number): void {
    this.history.stop(nowMs)
    this.#journal.write(nowMs, () => this.history.flush(true))
  }

  /** The last events up to now, the oldest first. */
  events(nowMs: number): readonly ClusterEvent[] {
    this.sweep(nowMs)
    return this.#journal.events
  }

  /** Throws if writes to the store fail. */
  check(nowMs: number): void {
    this.#journal.check(nowMs)
  }

  /** Forgets servers that have been stale for a day, except drains and servers to poll, and mounts that are gone. Returns the forgotten ids. */
  prune(nowMs: number): string[] {
    this.sweep(nowMs)
    const gone = [...this.view.servers.values()].filter(
      ({ report, receivedAtMs }) =>
        nowMs - receivedAtMs > limits.serverMemoryMs && !this.polled.servers.has(report.id),
    )
    // the others at the next call
    gone.length = Math.min(gone.length, limits.serversPrunedAtOnceMax)
    for (const { report } of gone) {
      this.#journal.forget(report.id, nowMs)
      this.#letGo(report.id, 'stale for a day')
    }
    this.view.prune(nowMs)
    this.#watch.prune(nowMs)
    return gone.map(({ report }) => report.id)
  }

  /** The program behind the last report of a server; undefined if none came since the start. */
  senderOf(id: string): ReportSender | undefined {
    return this.#notes.senderOf(id)
  }

  /** @param why for people */
  #letGo(id: string, why: string): void {
    this.#holders.forget(id)
    this.#bounds.forget(id)
    this.#factors.forget(id)
    this.#notes.forget(id)
    this.pace.forget(id)
    this.history.forget(id)
    this.view.remove(id)
    this.#record(this.#watch.forgotten(id, why, this.#nowMs))
  }

  /** Forgets stale servers of an account, the longest stale first, until there is room; returns false if there is none even then. */
  #makeRoom: MakeRoom = (account, id, nowMs, isEnough) => {
    if (isEnough()) return true
    const stale = [...this.#bounds.idsOf(account)]
      .flatMap((other) => this.view.servers.get(other) ?? [])
      .filter((server) => server.report.id !== id && !isLive(server, nowMs))
      .filter(({ report }) => !this.polled.servers.has(report.id))
      .sort((a, b) => a.receivedAtMs - b.receivedAtMs)
    for (const { report } of stale) {
      this.#journal.forget(report.id, nowMs)
      this.#letGo(report.id, 'stale, to make room for others with its credentials')
      if (isEnough()) return true
    }
    return false
  }

  /** Parses the text of a report; what it says as the last report of its server did is the same object. */
  parse(sourcelist: string): Report {
    return parseSourcelist(sourcelist, this.#known)
  }

  /** The stored servers. Nothing can be learned from their joins: how many redirects caused them was lost with the old process. */
  *#restored(nowMs: number): Generator<Server, void> {
    for (const [row, report] of storedReports(this.#table, (text) => this.parse(text))) {
      this.#holders.restored(report, row.formerBoots)
      this.#bounds.restored(row.id, report.mounts.length + row.formerMounts.length)
      // a clock that was set back during the restart must not keep a server live forever
      const receivedAtMs = Math.min(row.receivedAtMs, nowMs)
      yield this.#notes.serverOf({ ...row, receivedAtMs }, report, 1)
    }
  }

  /** The address of another program that reports with the same id now, and is rejected; undefined if there is none. */
  twinOf(id: string, nowMs: number): string | undefined {
    return this.#holders.twinOf(id, nowMs)
  }

  /** Keeps and logs events that no report has caused. */
  #record(events: readonly ClusterEvent[]): void {
    this.#journal.record(events, this.#nowMs)
  }

  /** A server as the history counts it: its mounts except those that are other mounts of the same name (S6). */
  #reported(server: Server, nowMs: number): Reported {
    const { report } = server
    const mounts = followsMasters(server)
      ? report.mounts.filter(({ mount }) => this.view.master(mount, nowMs) !== undefined)
      : report.mounts
    const untilMs = report.state === 'leaving' ? Number.NEGATIVE_INFINITY : deadlineMs(server)
    return { report, untilMs, mounts }
  }
}
