import type { Silence } from '../../shared/draw/probe.ts'
import type { Server } from '../../shared/draw/server.ts'
import type { PolledServer } from '../../shared/polled/server.ts'
import { edgeLimits } from '../limits.ts'
import { createPoller } from './poller.ts'
import { createProber, type ProberDeps } from './prober.ts'
import type { Rota } from './rota.ts'
import { TlsWatch } from './tls-watch.ts'
import { UrlWatch } from './url-watch.ts'

/** The requests that an edge sends to servers: it polls the stats of some, and probes each of them unless `PROBE=0`. */
export class Outreach {
  #poller: Rota<PolledServer, number>
  #prober: Rota<Server, Silence> | undefined
  #deps: ProberDeps
  #tls = new TlsWatch()
  #urls = new UrlWatch()
  #watchedAtMs = Number.NEGATIVE_INFINITY

  constructor(deps: ProberDeps, probes: boolean) {
    this.#deps = deps
    this.#poller = createPoller(deps)
    this.#prober = probes ? createProber(deps) : undefined
  }

  /** Finds servers that have become stale, then polls and probes those that are due. */
  async run(): Promise<void> {
    this.#deps.registry.sweep(this.#deps.nowMs())
    this.#watch()
    await Promise.all([this.#poller.run(), this.#prober?.run()])
  }

  #watch(): void {
    const { registry, nowMs } = this.#deps
    if (nowMs() - this.#watchedAtMs < edgeLimits.watchMs) return
    this.#watchedAtMs = nowMs()
    this.#urls.look(registry.view.servers, nowMs())
    if (registry.view.isAskedByHttps) this.#tls.look(registry.view.servers)
  }

  /** When the next server is due; infinite if there is none. */
  nextMs(): number {
    const never = Number.POSITIVE_INFINITY
    return Math.min(this.#poller.nextMs() ?? never, this.#prober?.nextMs() ?? never)
  }
}
