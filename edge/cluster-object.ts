import { DurableObject } from 'cloudflare:workers'
import type { Answer, Post, Registration } from '../shared/accept.ts'
import { type Cluster, localCluster } from '../shared/cluster.ts'
import { Registry } from '../shared/registry.ts'
import { type HistoryRow, ServerTable } from '../shared/server-table.ts'
import { parseConfig } from './config.ts'
import { type Delta, Exchange, type Exchanged, type Version } from './exchange.ts'
import { edgeLimits } from './limits.ts'

/**
 * The one object of a cluster: every report passes through it into its SQLite, and isolates fetch their snapshots from
 * it. A report is answered only once it is durable: the runtime holds replies back until what was written is.
 */
export class ClusterObject extends DurableObject<Env> {
  #registry: Registry
  #cluster: Cluster
  #exchange: Exchange
  #alarmIsSet = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const { access, maxListenersDefault } = parseConfig({ ...env })
    const { storage } = ctx
    const table = new ServerTable({
      all: <T>(query: string, ...params: (string | number | null)[]) =>
        storage.sql.exec(query, ...params).toArray() as T[],
      tx: (fn) => storage.transactionSync(fn),
    })
    this.#registry = new Registry(table, maxListenersDefault, Date.now())
    this.#cluster = localCluster(this.#registry, access, Date.now)
    this.#exchange = new Exchange(this.#registry, crypto.randomUUID(), edgeLimits.removedMax)
  }

  exchange(deltas: Delta[], have: Version | undefined): Exchanged {
    return this.#exchange.exchange(deltas, have)
  }

  async accept(
    post: Post,
    deltas: Delta[],
    have: Version | undefined,
  ): Promise<{ answer: Answer; news: Exchanged }> {
    const answer = await this.#cluster.accept(post)
    const news = this.#exchange.exchange(deltas, have)
    await this.#setAlarm()
    return { answer, news }
  }

  async register(registration: Registration): Promise<Answer> {
    const answer = await this.#cluster.register(registration)
    await this.#setAlarm()
    return answer
  }

  async setDrain(id: string, drained: boolean): Promise<boolean> {
    return this.#cluster.setDrain(id, drained)
  }

  async forget(id: string): Promise<boolean> {
    return this.#cluster.forget(id)
  }

  async history(): Promise<HistoryRow[]> {
    return this.#cluster.history()
  }

  async check(): Promise<void> {
    return this.#cluster.check()
  }

  /** Forgets what is long gone; again and again, as long as there is anything to forget. */
  override async alarm(): Promise<void> {
    this.#alarmIsSet = false
    this.#registry.prune(Date.now())
    if (this.#registry.view.servers.size > 0) await this.#setAlarm()
  }

  async #setAlarm(): Promise<void> {
    if (this.#alarmIsSet) return
    this.#alarmIsSet = true
    if ((await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(Date.now() + edgeLimits.alarmMs)
  }
}
