import { getLogger } from '@logtape/logtape'
import type { Post, Registration, ReportAnswer } from '../../shared/api/accept.ts'
import type { PolledServerAnswer } from '../../shared/api/accept-polled.ts'
import { type Cluster, lastDay } from '../../shared/api/cluster.ts'
import type { Seen, SeenData } from '../../shared/api/cluster-json.ts'
import type { HistoryRowJson, PlayJson } from '../../shared/api/history-json.ts'
import type { HistoryQuery, PlaysQuery } from '../../shared/api/history-query.ts'
import { seenIn } from '../../shared/api/seen.ts'
import { StoreError } from '../../shared/cluster/store-error.ts'
import type { ClusterEvent } from '../../shared/cluster/watch/event.ts'
import type { Server } from '../../shared/draw/server.ts'
import { View } from '../../shared/draw/view.ts'
import type { Counted } from '../../shared/history/counts.ts'
import type { WrongLogin } from '../../shared/http/wrong-logins.ts'
import { messageOf } from '../../shared/message-of.ts'
import { NewsReader } from '../../shared/news/news-reader.ts'
import type { News, Version } from '../../shared/news/published-servers.ts'
import { edgeLimits } from '../limits.ts'
import { CountedLater } from './counted-later.ts'
import type { AcceptedReport, Sent } from './exchange.ts'
import { HeldServers } from './held-servers.ts'
import { RedirectsLater } from './redirects-later.ts'

const logger = getLogger(['distributary', 'cluster'])

/** The object as an isolate calls it. */
export interface ClusterStub {
  exchange(sent: Sent, have: Version | undefined): Promise<News>
  /** a report. @param epoch of the isolate's snapshot: the isolate that received a report knows it at once */
  accept(post: Post, epoch: string | undefined): Promise<AcceptedReport>
  /** the same by one of the objects that gather reports */
  acceptBy(gatherer: number, post: Post, epoch: string | undefined): Promise<AcceptedReport>
  register(registration: Registration): Promise<ReportAnswer>
  addPolled(body: string): Promise<PolledServerAnswer>
  setDrain(id: string, drained: boolean, by?: string): Promise<boolean>
  forget(id: string, by?: string): Promise<boolean>
  wrongLogin(login: WrongLogin): Promise<void>
  history(query: HistoryQuery): Promise<HistoryRowJson[]>
  plays(query: PlaysQuery): Promise<PlayJson[] | undefined>
  seen(): Promise<SeenData>
  events(): Promise<readonly ClusterEvent[]>
  check(): Promise<void>
}

export interface RemoteDeps {
  /** created for each call: a stub belongs to the request that created it */
  stub: () => ClusterStub
  nowMs: () => number
  /** the dice: a number in [0, 1) */
  roll: () => number
  sleep: (ms: number) => Promise<unknown>
  /** Lets work go on after the answer to the request that started it. */
  defer: (work: Promise<unknown>) => void
  maxListenersDefault: number
}

const nothing: Sent = { deltas: [], counted: [] }

/**
 * The cluster as one isolate of Workers sees it: a snapshot that listeners are answered from, brought up to date by
 * exchanges with the object. No promise outlives its request or is awaited by another one, since the runtime may drop a
 * request's work with the request: in workerd, awaiting a promise kept in a global hangs once the request that created it is
 * gone. Requests share only plain data, and a lease, which is a time.
 */
export class RemoteCluster implements Cluster {
  #deps: RemoteDeps
  #view: View
  #news: NewsReader
  #redirects = new RedirectsLater()
  #takenAtMs = Number.NEGATIVE_INFINITY
  /** deadline of the exchange in progress; 0: there is none */
  #leaseMs = 0
  #flushDueMs = 0
  #counted = new CountedLater()
  /** how many objects gather reports, as the last answer to one said */
  #gatherers = 0
  #held = new HeldServers()
  #history: { rows: HistoryRowJson[]; atMs: number } | undefined

  constructor(deps: RemoteDeps) {
    this.#deps = deps
    this.#view = new View(deps.maxListenersDefault)
    this.#news = new NewsReader({
      put: (server) => {
        this.#redirects.know(server.report.id, server)
        this.#view.put({ ...server, ...this.#redirects.debitOf(server.report.id) }, this.#deps.nowMs())
      },
      debit: (id, debit, debitKbps) => {
        this.#redirects.know(id, { debit, debitKbps })
        this.#showDebit(id)
      },
      remove: (id) => {
        this.#redirects.forget(id)
        this.#view.remove(id)
      },
    })
  }

  current(): View | Promise<View> {
    if (!this.#news.isComplete) return this.#first() // a new isolate: each request waits on a call of its own
    const ageMs = this.#ageMs()
    if (ageMs <= edgeLimits.snapshotFreshMs) return this.#view
    // the flush that is due brings a new snapshot: the object is called once, not twice
    if (this.#flushDueMs > this.#deps.nowMs() && ageMs <= edgeLimits.snapshotStaleMs) return this.#view
    this.#deps.defer(this.#refresh())
    return ageMs <= edgeLimits.snapshotStaleMs ? this.#view : this.#awaitRefresh()
  }

  async fresh(): Promise<View> {
    await this.#exchange()
    return this.#view
  }

  /** The first snapshot. A listener waits for an object that does not answer no longer than a lease lasts. */
  #first(): Promise<View> {
    const late = this.#deps.sleep(edgeLimits.leaseMs).then(() => {
      throw new StoreError('away', 'it does not answer')
    })
    late.catch(() => {})
    return Promise.race([this.fresh(), late])
  }

  async accept(post: Post): Promise<ReportAnswer> {
    // an isolate whose snapshot is old has no listeners, and waits for a new one before it answers any
    const epoch = this.#ageMs() <= edgeLimits.snapshotStaleMs ? this.#news.version?.epoch : undefined
    const { answer, own, gatherers } = await this.#report(post, epoch)
    this.#gatherers = gatherers
    if (own) this.#news.applyOne(own)
    else if (epoch !== undefined && answer.status === 200) this.#outdate()
    return answer
  }

  /** If an object that gathers does not answer, the cluster's own may: the same report twice is accepted twice. */
  async #report(post: Post, epoch: string | undefined): Promise<AcceptedReport> {
    if (this.#gatherers > 0) {
      const gatherer = Math.floor(this.#deps.roll() * this.#gatherers)
      try {
        return await this.#deps.stub().acceptBy(gatherer, post, epoch)
      } catch (error) {
        logger.warning('object that gathers reports does not answer', { error, gatherer })
      }
    }
    return asked(() => this.#deps.stub().accept(post, epoch))
  }

  register(registration: Registration): Promise<ReportAnswer> {
    return asked(() => this.#deps.stub().register(registration))
  }

  addPolled(body: string): Promise<PolledServerAnswer> {
    return asked(() => this.#deps.stub().addPolled(body))
  }

  async setDrain(id: string, drained: boolean, by?: string): Promise<boolean> {
    const found = await asked(() => this.#deps.stub().setDrain(id, drained, by))
    await this.fresh()
    return found
  }

  async forget(id: string, by?: string): Promise<boolean> {
    const found = await asked(() => this.#deps.stub().forget(id, by))
    await this.fresh()
    return found
  }

  history(query: HistoryQuery): Promise<HistoryRowJson[]> {
    return asked(() => this.#deps.stub().history(query))
  }

  plays(query: PlaysQuery): Promise<PlayJson[] | undefined> {
    return asked(() => this.#deps.stub().plays(query))
  }

  async seen(): Promise<Seen> {
    return seenIn(await asked(() => this.#deps.stub().seen()))
  }

  wallMs(): number {
    return this.#deps.nowMs()
  }

  /** Counts a request here, and in the object with the next exchange. */
  count(counted: Counted): void {
    this.#counted.add(counted)
    // anybody may ask for mounts that nobody has: these counts wait for a call that is made anyway
    if (counted.answer !== 'unknown_mount') this.#flushLater()
  }

  async lastDay(): Promise<HistoryRowJson[]> {
    const nowMs = this.#deps.nowMs()
    const isFresh = this.#history !== undefined && nowMs - this.#history.atMs <= edgeLimits.historyFreshMs
    if (!isFresh) {
      const before = this.#history?.rows ?? [] // the page works without its plot
      const rows = await this.#deps
        .stub()
        .history(lastDay(nowMs))
        .catch(() => before)
      this.#history = { rows, atMs: nowMs }
    }
    return this.#history?.rows ?? []
  }

  /** Sent after the answer: nobody waits for it. */
  wrongLogin(login: WrongLogin): void {
    this.#deps.defer(asked(() => this.#deps.stub().wrongLogin(login)))
  }

  events(): Promise<readonly ClusterEvent[]> {
    return asked(() => this.#deps.stub().events())
  }

  check(): Promise<void> {
    return this.#deps.stub().check()
  }

  /** Counts a redirect here at once, and in the object with the next flush. */
  redirected(server: Server, kbps: number): void {
    server.debit++
    server.debitKbps += kbps
    this.#redirects.add(server.report.id, kbps)
    this.#flushLater()
  }

  /** The object has begun a new life, of which this snapshot does not know: the next listener waits for a new one. */
  #outdate(): void {
    this.#takenAtMs = Math.min(this.#takenAtMs, this.#deps.nowMs() - edgeLimits.snapshotStaleMs - 1)
  }

  #ageMs(): number {
    return this.#deps.nowMs() - this.#takenAtMs
  }

  #flushLater(): void {
    const nowMs = this.#deps.nowMs()
    if (this.#flushDueMs > nowMs) return
    // spread, so that the isolates of a crowd do not ask all at once
    const inMs = edgeLimits.flushMs * (1 + this.#deps.roll() * edgeLimits.flushJitter)
    this.#flushDueMs = nowMs + inMs
    this.#deps.defer(this.#deps.sleep(inMs).then(() => this.#refresh()))
  }

  /** One exchange, unless one is under way. */
  async #refresh(): Promise<void> {
    const nowMs = this.#deps.nowMs()
    if (this.#leaseMs > nowMs) return
    // the runtime dropped the exchange before: it may or may not have arrived, and a debit too high does less harm
    if (this.#leaseMs > 0) this.#redirects.unsend()
    this.#leaseMs = nowMs + edgeLimits.leaseMs
    try {
      await this.fresh()
      this.#leaseMs = 0
    } catch {
      this.#leaseMs = this.#deps.nowMs() + edgeLimits.flushMs // a later request tries again
      this.#hold()
    }
    if (this.#redirects.size > 0 || this.#counted.size > 0) this.#flushLater()
  }

  /** Waits until the snapshot is fresh again, whichever request refreshes it; after the wait it is used as far as it is live. */
  async #awaitRefresh(): Promise<View> {
    const { snapshotWaitMs, snapshotLookMs, snapshotStaleMs } = edgeLimits
    for (let waitedMs = 0; waitedMs < snapshotWaitMs; waitedMs += snapshotLookMs) {
      await this.#deps.sleep(snapshotLookMs)
      if (this.#ageMs() <= snapshotStaleMs) return this.#view
    }
    this.#hold()
    return this.#view
  }

  /** The object does not answer: for up to ten minutes listeners go by the last snapshot. */
  #hold(): void {
    if (this.#ageMs() > edgeLimits.snapshotStaleMs)
      this.#held.hold(this.#view, this.#takenAtMs, this.#deps.nowMs())
  }

  /** Sends the counts, and reads all news since the last time: as a rule one call, and more while they do not fit into one page. */
  async #exchange(): Promise<void> {
    const deltas = this.#redirects.take()
    const counted = this.#counted.take()
    let sent: Sent | undefined = { deltas, counted }
    let askedMs = 0
    try {
      for (let isLast = false; !isLast; ) {
        const { version } = this.#news
        askedMs = this.#deps.nowMs()
        const news: News = await this.#deps.stub().exchange(sent ?? nothing, version)
        if (sent) this.#redirects.landed(deltas)
        sent = undefined
        this.#held.release(this.#view, this.#ageMs())
        isLast = this.#news.apply(news, { version }) && news.isLast
      }
    } catch (error) {
      if (sent) {
        this.#redirects.giveBack(deltas)
        this.#counted.giveBack(counted)
      }
      throw awayOf(error)
    }
    const nowMs = this.#deps.nowMs()
    this.#view.prune(nowMs)
    // an answer may be long under way, and be overtaken; the wall clock may be set back
    this.#takenAtMs = Math.min(nowMs, Math.max(this.#takenAtMs, askedMs))
  }

  #showDebit(id: string): void {
    const server = this.#view.servers.get(id)
    if (!server) return
    const now = this.#redirects.debitOf(id)
    // the drums must be told about a weight that rises; they notice one that falls themselves
    if (now.debit < server.debit || now.debitKbps < server.debitKbps)
      this.#view.put({ ...server, ...now }, this.#deps.nowMs())
    else Object.assign(server, now)
  }
}

/** Every error of a call means that the object could not be reached: errors that it finds are in its answers. */
const awayOf = (error: unknown) => new StoreError('away', messageOf(error))

async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw awayOf(error)
  }
}
