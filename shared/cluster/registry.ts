import { type Bucket, Buckets, taken } from '../bucket.ts'
import type { Probed } from '../draw/probe.ts'
import { deadlineMs, followsMasters, isLive, type Server } from '../draw/server.ts'
import { View } from '../draw/view.ts'
import type { GeoLocation } from '../geo.ts'
import type { Counted } from '../history/counts.ts'
import { History } from '../history/history.ts'
import { MemoryHistory } from '../history/memory-store.ts'
import type { Reported } from '../history/recorder.ts'
import type { WrongLogin } from '../http/wrong-logins.ts'
import { limits } from '../limits.ts'
import { messageOf } from '../message-of.ts'
import type { Mount } from '../mount.ts'
import { KnownLines } from '../report/mount-lines.ts'
import type { Report } from '../report/report.ts'
import { parseSourcelist } from '../report/sourcelist.ts'
import { EventRing } from './event-ring.ts'
import { Factors } from './fan-out-factor.ts'
import { Hearing } from './hearing.ts'
import { Pace } from './pace.ts'
import { PolledServers } from './polled-servers.ts'
import { type Account, Quota, restoredAccount } from './quota.ts'
import { formerMountsAfter, type Order, orderAfter, outOfOrder } from './report-order.ts'
import type { ServerRow, ServerTable } from './server-table.ts'
import type { StoreError } from './store-error.ts'
import { StoreWrites } from './store-writes.ts'
import { strangeUrl, Twins, takeoverOf } from './takeover.ts'
import { ClusterWatch } from './watch/cluster-watch.ts'
import type { ClusterEvent } from './watch/event.ts'
import { logEvent } from './watch/log-event.ts'

/** Why a well-formed report is rejected: its order or its id (409), its size (413), or too many of them (429). */
export interface Rejection {
  status: 409 | 413 | 429
  text: string
}

/** What an operator did: when, and who it was, for the events. */
export interface Deed {
  nowMs?: number | undefined
  /** `admin@203.0.113.7` */
  by?: string | undefined
}

/** What is known about a report in addition to its text. */
export interface ReportContext {
  /** an icecast-kh slave: carries every mount that a live master carries */
  carriesAll?: boolean
  /** the report was made from the server's stats */
  polled?: boolean
  /** of the address that it reports from; a `location` in the report has priority */
  location?: GeoLocation | undefined
  /** of the credentials that it came with; undefined if the decider made it */
  account?: Account | undefined
  /** the address that it came from, if known and not loopback */
  remote?: string | undefined
  /** the program that sent it */
  sender?: ReportSender | undefined
}

/** What the headers of a report's request say of its sender. Plain data. */
export interface ReportSender {
  /** `distributary 0.1.0` */
  program?: string | undefined
  /** s by which its clock is ahead of this program's */
  clockOffsetSeconds?: number | undefined
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
  #drains = new Set<string>()
  #probed = new Map<string, Probed>()
  #senders = new Map<string, ReportSender>()
  #orders = new Map<string, Order>()
  #factors = new Factors()
  #events: EventRing
  #watch: ClusterWatch
  #wrongLogins: Bucket | undefined
  #twins = new Twins()
  #hearing: Hearing
  /** the newest moment that this was told of */
  #nowMs: number
  #quota: Quota
  #reading = new Buckets(limits.reportBytes, limits.reportersCountedMax)
  #paces = new Buckets(limits.reportsPerId, limits.serversPerAccountMax)
  /** the id of this program, if it is one of its own candidates */
  #ownId: string | undefined
  #writes = new StoreWrites()

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
    this.#quota = new Quota(mountsMax)
    this.view = new View(maxListenersDefault)
    this.#watch = new ClusterWatch(this.view)
    this.#hearing = new Hearing(this.view)
    this.#nowMs = nowMs
    this.polled = new PolledServers(table)
    this.#events = new EventRing(table)
    for (const id of table?.drains() ?? []) this.#drains.add(id)
    this.view.load(this.#restored(nowMs), nowMs)
    for (const server of this.view.servers.values()) this.#hearing.heard(server)
    const servers = [...this.view.servers.values()].map((server) => this.#reported(server, nowMs))
    const about = (mount: Mount, atMs: number) => this.view.about(mount, atMs)
    this.history = new History({ wallMs, about }, table?.history ?? new MemoryHistory(), servers, nowMs)
    if (table) this.#watch.restore(this.#events.all, nowMs)
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
    const conflict = this.#conflict(report, nowMs, context)
    if (conflict !== undefined) {
      this.#noteTwin(report, nowMs, context.remote)
      return { status: 409, text: conflict }
    }
    const tooMuch = this.#excess(report, nowMs, context)
    if (tooMuch) return tooMuch
    const { id } = report
    const before = this.view.servers.get(id)
    const isHeld = before !== undefined && isLive(before, nowMs)
    const last = this.#orders.get(id)
    const order = orderAfter(last, report, isHeld)
    const formerMounts = this.#asFarAsThereIsRoom(formerMountsAfter(before, report, nowMs), report, context)
    const row: ServerRow = {
      id,
      receivedAtMs: nowMs,
      sourcelist,
      carriesAll: context.carriesAll ?? false,
      formerBoots: order.formerBoots,
      formerMounts,
      polled: context.polled ?? false,
      location: context.location,
    }
    const held = this.#hold(row, report, order, this.#factors.learn(report, before?.debit ?? 0))
    this.#record(this.#hearing.heard(held))
    const takeover = last && this.#takeover(report, last, isHeld, nowMs, context.remote)
    const changes = this.#watch.reported(held, nowMs)
    for (const event of changes) logEvent(event)
    const stored = this.#storeWith(row, takeover ? [takeover, ...changes] : changes, nowMs)
    if (context.account !== undefined) {
      this.#quota.note(context.account, id, report.mounts.length + formerMounts.length)
      this.#paces.take(id, 1, nowMs)
    }
    if (context.sender) this.#senders.set(id, context.sender)
    this.pace.note(report, nowMs)
    const server = this.view.servers.get(id)
    if (server) this.history.report(this.#reported(server, nowMs), nowMs)
    return stored
  }

  /** Stores a report and the events that it caused, all or nothing; without events it is one statement. */
  #storeWith(row: ServerRow, events: readonly ClusterEvent[], nowMs: number): StoreError | undefined {
    if (events.length === 0) return this.#try(nowMs, () => this.#table?.put(row))
    const storeEvents = this.#events.add(events)
    return this.#try(nowMs, () =>
      this.#table?.together(() => {
        this.#table?.put(row)
        storeEvents()
      }),
    )
  }

  /** Keeps and logs events that no report has caused. */
  #record(events: readonly ClusterEvent[]): void {
    if (events.length === 0) return
    for (const event of events) logEvent(event)
    const storeEvents = this.#events.add(events)
    this.#try(this.#nowMs, () => this.#table?.together(storeEvents))
  }

  /**
   * Finds what has become true without a report: servers are stale. It costs nothing until then, so it is called now and
   * then, and before everything that depends on it.
   */
  sweep(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    this.#record(this.#hearing.look(nowMs))
    this.#record(this.#watch.sweep(nowMs))
    if (this.history.advance(nowMs)) this.#try(nowMs, () => this.history.flush())
  }

  /** The view for a decision at this moment: if this decider hears nobody, it draws by the last reports. */
  current(nowMs: number): View {
    this.#record(this.#hearing.look(nowMs))
    return this.view
  }

  /** Writes to the store. If that fails, what arrived is used for decisions anyway, and the sender is told that it is not stored. */
  #try(nowMs: number, write: () => void): StoreError | undefined {
    return this.#writes.try(nowMs, write)
  }

  /**
   * Counts the bytes of a report, and returns whether it may be parsed, given how many bytes came from its address with its
   * credentials. Reports from this machine are not bounded: their senders share its processor anyway.
   */
  mayRead(account: Account, remote: string | undefined, bytes: number, nowMs: number): boolean {
    return remote === undefined || this.#reading.take(`${account} ${remote}`, bytes, nowMs)
  }

  /**
   * Updates the report of this program itself, a master that decides itself: its current counts, kept only in memory. From
   * then on no other server can use its id. Its debit is 0, since its listeners are counted as soon as they join.
   */
  putOwn(report: Report, nowMs: number): void {
    this.#ownId = report.id
    this.view.ownId = report.id
    const server: Server = {
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
    if (!server && !this.#drains.has(id)) return false
    this.#table?.setDrain(id, drained)
    if (drained) this.#drains.add(id)
    else this.#drains.delete(id)
    if (server) this.view.put({ ...server, drained }, nowMs)
    this.sweep(nowMs)
    this.#record(this.#watch.drained(id, drained, by, nowMs))
    return true
  }

  isDrained(id: string): boolean {
    return this.#drains.has(id)
  }

  /**
   * Sets whether a server answers connections; not stored, since it is probed again soon after a restart.
   * @param probed undefined if it must not be probed
   */
  setProbed(id: string, probed: Probed | undefined, nowMs = this.#nowMs): void {
    if (probed) this.#probed.set(id, probed)
    else this.#probed.delete(id)
    const unreached = probed?.problem === undefined ? undefined : probed
    const server = this.view.servers.get(id)
    const before = server?.unreached
    if (server && (before?.url !== unreached?.url || before?.problem !== unreached?.problem))
      this.view.put({ ...server, reachable: unreached === undefined, unreached }, nowMs)
    this.sweep(nowMs)
    if (probed) this.#record(this.#watch.probed(id, probed, nowMs))
  }

  /** The result of probing a server; undefined if it is not probed, or has not been yet. */
  probedOf(id: string): Probed | undefined {
    return this.#probed.get(id)
  }

  /**
   * Forgets a server and its drain, and stops polling it; returns false if there is none of that id.
   * Its next report brings it back.
   */
  forget(id: string, { nowMs = this.#nowMs, by }: Deed = {}): boolean {
    const isPolled = this.polled.remove(id)
    const known = isPolled || this.view.servers.has(id) || this.#drains.has(id)
    if (!known) return false
    this.#table?.remove(id)
    this.#table?.setDrain(id, false)
    this.#drains.delete(id)
    this.sweep(nowMs)
    this.#letGo(id, by === undefined ? 'deleted' : `deleted by ${by}`)
    return true
  }

  /** A wrong login was shown; the place that checked it has logged it. */
  wrongLogin({ door, address, user }: WrongLogin, nowMs: number): void {
    const bucket = taken(this.#wrongLogins, 1, limits.wrongLoginEvents, nowMs)
    if (!bucket) return
    this.#wrongLogins = bucket
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
    this.#try(nowMs, () => this.history.flush(true))
  }

  /** The last events up to now, the oldest first. */
  events(nowMs: number): readonly ClusterEvent[] {
    this.sweep(nowMs)
    return this.#events.all
  }

  /** Throws if writes to the store fail. */
  check(nowMs: number): void {
    this.#writes.check(nowMs, () => this.#table?.check())
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
      this.#try(nowMs, () => this.#table?.remove(report.id)) // if it stays there, it is forgotten again after a restart
      this.#letGo(report.id, 'stale for a day')
    }
    this.view.prune(nowMs)
    this.#watch.prune(nowMs)
    return gone.map(({ report }) => report.id)
  }

  /** The program behind the last report of a server; undefined if none came since the start. */
  senderOf(id: string): ReportSender | undefined {
    return this.#senders.get(id)
  }

  /** @param why for people */
  #letGo(id: string, why: string): void {
    this.#senders.delete(id)
    this.history.forget(id)
    this.#factors.forget(id)
    this.#quota.forget(id)
    this.#paces.forget(id)
    this.#orders.delete(id)
    this.pace.forget(id)
    this.#probed.delete(id)
    this.#twins.forget(id)
    this.view.remove(id)
    this.#record(this.#watch.forgotten(id, why, this.#nowMs))
  }

  #conflict(report: Report, nowMs: number, { polled }: ReportContext): string | undefined {
    if (report.id === this.#ownId) return `id ${report.id} belongs to this master itself, expected another id`
    const server = this.view.servers.get(report.id)
    const last = this.#orders.get(report.id)
    if (!server || !last) return undefined
    const isHeld = isLive(server, nowMs)
    const isRenamed = polled === true && server.polled // its operator may change its url at any time
    const strange = isHeld && !isRenamed ? strangeUrl(report, server, last) : undefined
    if (strange !== undefined)
      return `id ${report.id} is held by a live server at ${server.report.urls.join(', ')}, and ${strange} is not one of its urls; expected only its urls until it is stale or leaves, or another id`
    return outOfOrder(last, report, isHeld)
  }

  /** Why a report exceeds what this decider remembers for its credentials, or how often it may come. */
  #excess({ id, mounts }: Report, nowMs: number, { account }: ReportContext): Rejection | undefined {
    if (account === undefined) return undefined
    if (this.#paces.levelOf(id, nowMs) < 1)
      return {
        status: 429,
        text: `id ${id} reports more than ${limits.reportsPerId.perSecond} times a second, expected once at most`,
      }
    if (!this.#makeRoom(account, id, nowMs, () => !this.#quota.isFull(account, id)))
      return {
        status: 429,
        text: `${limits.serversPerAccountMax} servers already report with these credentials, which is the maximum`,
      }
    const room = () => this.#quota.roomFor(account, id)
    if (!this.#makeRoom(account, id, nowMs, () => mounts.length <= room()))
      return {
        status: 413,
        text: `${mounts.length} mounts, expected at most ${Math.max(0, room())}: the servers with these credentials may have ${this.#quota.mountsMax} together`,
      }
    return undefined
  }

  /** Forgets stale servers of an account, the longest stale first, until there is room; returns false if there is none even then. */
  #makeRoom(account: Account, id: string, nowMs: number, isEnough: () => boolean): boolean {
    if (isEnough()) return true
    const stale = [...this.#quota.idsOf(account)]
      .flatMap((other) => this.view.servers.get(other) ?? [])
      .filter((server) => server.report.id !== id && !isLive(server, nowMs))
      .filter(({ report }) => !this.polled.servers.has(report.id))
      .sort((a, b) => a.receivedAtMs - b.receivedAtMs)
    for (const { report } of stale) {
      this.#try(nowMs, () => this.#table?.remove(report.id))
      this.#letGo(report.id, 'stale, to make room for others with its credentials')
      if (isEnough()) return true
    }
    return false
  }

  /** The former mounts of a server, as many as the account's bound allows in addition to its present ones. */
  #asFarAsThereIsRoom(
    former: Server['formerMounts'],
    { id, mounts }: Report,
    { account }: ReportContext,
  ): Server['formerMounts'] {
    if (account === undefined) return former
    const room = this.#quota.roomFor(account, id) - mounts.length
    return former.length <= room ? former : former.slice(former.length - Math.max(0, room))
  }

  /** Parses the text of a report; what it says as the last report of its server did is the same object. */
  parse(sourcelist: string): Report {
    return parseSourcelist(sourcelist, this.#known)
  }

  /** The stored servers; a row that this version cannot parse is set aside. */
  *#restored(nowMs: number): Generator<Server, void> {
    for (const row of this.#table?.servers() ?? []) {
      const report = this.#reportIn(row)
      if (report) yield this.#restore(row, report, nowMs)
    }
  }

  #reportIn(row: ServerRow): Report | undefined {
    try {
      const report = this.parse(row.sourcelist)
      if (report.id !== row.id) throw new Error(`the report is of ${report.id}`)
      return report
    } catch (error) {
      this.#table?.setAside(row.id, messageOf(error))
      return undefined
    }
  }

  #restore(row: ServerRow, report: Report, nowMs: number): Server {
    // a clock that was set back during the restart must not keep a server live forever
    const receivedAtMs = Math.min(row.receivedAtMs, nowMs)
    const { boot, seq } = report
    // nothing can be learned from its joins: the number of redirects behind them was lost with the old process
    this.#orders.set(row.id, { boot, seq, formerBoots: row.formerBoots, owns: false })
    this.#quota.note(restoredAccount, row.id, report.mounts.length + row.formerMounts.length)
    return this.#serverOf({ ...row, receivedAtMs }, report, 1)
  }

  #hold(row: ServerRow, report: Report, order: Order, factor: number): Server {
    this.#orders.set(row.id, order)
    const server = this.#serverOf(row, report, factor)
    this.view.put(server, this.#nowMs)
    return server
  }

  #serverOf(row: ServerRow, report: Report, factor: number): Server {
    const probed = this.#probed.get(row.id)
    return {
      // first, so that the engine stores them in the object itself: a draw needs only these
      factor,
      debit: 0,
      debitKbps: 0,
      heldUntilMs: Number.NEGATIVE_INFINITY,
      report,
      receivedAtMs: row.receivedAtMs,
      drained: this.#drains.has(row.id),
      carriesAll: row.carriesAll,
      polled: row.polled,
      reachable: probed?.problem === undefined,
      unreached: probed?.problem === undefined ? undefined : probed,
      formerMounts: row.formerMounts,
      location: report.location ?? row.location,
    }
  }

  /** Notices that two programs report with one id: a boot that another replaced goes on while its successor is live. */
  #noteTwin({ id, boot }: Report, nowMs: number, address = 'the address of this decider'): void {
    const server = this.view.servers.get(id)
    const isFormer = this.#orders.get(id)?.formerBoots.some((former) => former.boot === boot)
    if (server && isFormer && isLive(server, nowMs)) this.#record(this.#twins.note(id, address, nowMs))
  }

  /** The address of another program that reports with the same id now, and is rejected; undefined if there is none. */
  twinOf(id: string, nowMs: number): string | undefined {
    return this.#twins.addressOf(id, nowMs)
  }

  /** Logs that another program took over an id, and returns that event. */
  #takeover(
    report: Report,
    last: Order,
    isHeld: boolean,
    nowMs: number,
    address: string | undefined,
  ): ClusterEvent | undefined {
    const event = takeoverOf(report, last, isHeld, nowMs, address)
    const { boot, urls } = report
    if (event) logEvent(event, { boot, before: last.boot, urls, address })
    return event
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
