import { DurableObject } from 'cloudflare:workers'
import { getLogger } from '@logtape/logtape'
import type { Post, Registration, ReportAnswer } from '../../shared/api/accept.ts'
import type { PolledServerAnswer } from '../../shared/api/accept-polled.ts'
import { type Cluster, localCluster } from '../../shared/api/cluster.ts'
import type { SeenData } from '../../shared/api/cluster-json.ts'
import type { HistoryRowJson, PlayJson } from '../../shared/api/history-json.ts'
import type { HistoryQuery, PlaysQuery } from '../../shared/api/history-query.ts'
import { seenData } from '../../shared/api/seen.ts'
import { Registry } from '../../shared/cluster/registry.ts'
import { ServerTable } from '../../shared/cluster/server-table.ts'
import type { ClusterEvent } from '../../shared/cluster/watch/event.ts'
import type { WrongLogin } from '../../shared/http/wrong-logins.ts'
import type { News, Version } from '../../shared/news/published-servers.ts'
import { parseConfig } from '../config.ts'
import { edgeLimits } from '../limits.ts'
import { Outreach } from '../outreach/outreach.ts'
import { type AcceptedReport, IsolateExchange, type Sent, type SentReport } from './exchange.ts'
import { Gatherers } from './gatherers.ts'

const logger = getLogger(['distributary', 'cluster'])

/**
 * The one object of a cluster: it stores every report in its SQLite, and isolates fetch their snapshots from it. A report is
 * answered only once it is durable: the runtime holds replies back until writes are.
 */
export class ClusterObject extends DurableObject<Env> {
  #registry: Registry
  #cluster: Cluster
  #exchange: IsolateExchange
  #gatherers: Gatherers
  #outreach: Outreach
  /** ms between two alarms at most */
  #roundMs: number
  /** when the alarm goes off, as far as this instance of the object knows */
  #wakesAtMs = Number.POSITIVE_INFINITY

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const { accounts, maxListenersDefault, probe } = parseConfig({ ...env })
    const { storage } = ctx
    const table = new ServerTable({
      all: <T>(query: string, ...params: (string | number | null)[]) =>
        storage.sql.exec(query, ...params).toArray() as T[],
      tx: (fn) => storage.transactionSync(fn),
    })
    this.#registry = new Registry(table, maxListenersDefault, Date.now(), edgeLimits.mountsWorkersMax)
    this.#cluster = localCluster(this.#registry, accounts, Date.now)
    this.#gatherers = new Gatherers(this.#registry.view.servers.values())
    this.#exchange = new IsolateExchange(this.#registry, crypto.randomUUID(), edgeLimits.removedMax)
    this.#outreach = new Outreach(
      {
        registry: this.#registry,
        fetch: (url, init) => fetch(url, init),
        nowMs: Date.now,
        atOnce: edgeLimits.outgoingWorkersMax,
        lookup: undefined,
      },
      probe,
    )
    this.#roundMs = probe ? edgeLimits.probeMs : edgeLimits.alarmMs
  }

  exchange(sent: Sent, have: Version | undefined): News {
    return this.#exchange.exchange(sent, have, Date.now())
  }

  /** Answers a report, without the news of other servers. */
  async accept(post: Post, epoch: string | undefined): Promise<AcceptedReport> {
    const accepted = await this.#accept({ post, epoch })
    await this.#wakeBy(Date.now() + this.#roundMs)
    return accepted
  }

  /** The same for several reports, which are stored together. */
  async acceptAll(reports: SentReport[]): Promise<AcceptedReport[]> {
    const accepted: AcceptedReport[] = []
    for (const report of reports)
      accepted.push(await this.#accept(report).catch((error: unknown) => this.#fault(error)))
    await this.#wakeBy(Date.now() + this.#roundMs)
    return accepted
  }

  async #accept({ post, epoch }: SentReport): Promise<AcceptedReport> {
    const answer = await this.#cluster.accept(post)
    const { id } = answer
    const own = epoch === undefined || id === undefined ? undefined : this.#exchange.published.one(id, epoch)
    return { answer, own, gatherers: this.#gatherers.after(Date.now()) }
  }

  /** A fault of the program at one report must not cost the others that came with it their answers. */
  #fault(error: unknown): AcceptedReport {
    logger.error('report failed', { error })
    const answer: ReportAnswer = { status: 500, text: 'the report failed: see the log\n' }
    return { answer, own: undefined, gatherers: this.#gatherers.after(Date.now()) }
  }

  async register(registration: Registration): Promise<ReportAnswer> {
    const answer = await this.#cluster.register(registration)
    await this.#wakeBy(Date.now() + this.#roundMs)
    return answer
  }

  async addPolled(body: string): Promise<PolledServerAnswer> {
    const named = await this.#cluster.addPolled(body)
    await this.#wakeBy(Date.now())
    return named
  }

  async setDrain(id: string, drained: boolean, by?: string): Promise<boolean> {
    return this.#cluster.setDrain(id, drained, by)
  }

  async forget(id: string, by?: string): Promise<boolean> {
    return this.#cluster.forget(id, by)
  }

  async history(query: HistoryQuery): Promise<HistoryRowJson[]> {
    return this.#cluster.history(query)
  }

  async plays(query: PlaysQuery): Promise<PlayJson[] | undefined> {
    return this.#cluster.plays(query)
  }

  async seen(): Promise<SeenData> {
    return seenData(this.#registry, Date.now())
  }

  async wrongLogin(login: WrongLogin): Promise<void> {
    this.#cluster.wrongLogin(login)
  }

  async events(): Promise<readonly ClusterEvent[]> {
    return this.#cluster.events()
  }

  async check(): Promise<void> {
    return this.#cluster.check()
  }

  /** Polls and probes the servers that are due, and forgets old entries; the alarm is set again as long as there are any. */
  override async alarm(): Promise<void> {
    this.#wakesAtMs = Number.POSITIVE_INFINITY
    this.#registry.prune(Date.now())
    // a server that does not answer must not delay the others: it is still waited for while the next alarm runs
    await Promise.race([this.#outreach.run(), scheduler.wait(edgeLimits.outreachWorkersMs)])
    const nowMs = Date.now()
    const askAtMs = Math.max(this.#outreach.nextMs(), nowMs + edgeLimits.outreachWorkersMs)
    const isEmpty = this.#registry.view.servers.size === 0
    const nextMs = Math.min(askAtMs, isEmpty ? Number.POSITIVE_INFINITY : nowMs + edgeLimits.alarmMs)
    if (Number.isFinite(nextMs)) await this.#wakeBy(nextMs)
  }

  async #wakeBy(atMs: number): Promise<void> {
    if (this.#wakesAtMs <= atMs) return
    this.#wakesAtMs = atMs
    const setMs = await this.ctx.storage.getAlarm()
    if (setMs === null || setMs > atMs) await this.ctx.storage.setAlarm(atMs)
  }
}
