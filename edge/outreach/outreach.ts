import type { Silence } from '../../shared/draw/probe.ts'
import type { Server } from '../../shared/draw/server.ts'
import type { PolledServer } from '../../shared/polled/server.ts'
import { edgeLimits } from '../limits.ts'
import { createPoller } from './poller.ts'
import { createProber, type ProberDeps } from './prober.ts'
import type { Rota } from './rota.ts'
import { TlsWatch } from './tls-watch.ts'

/** All that an edge asks of servers by itself: the stats of those that are polled, and unless `PROBE=0` an answer of each. */
export class Outreach {
  #poller: Rota<PolledServer, number>
  #prober: Rota<Server, Silence> | undefined
  #deps: ProberDeps
  #tls = new TlsWatch()
  #watchedAtMs = Number.NEGATIVE_INFINITY

  constructor(deps: ProberDeps, probes: boolean) {
    this.#deps = deps
    this.#poller = createPoller(deps)
    this.#prober = probes ? createProber(deps) : undefined
  }

  /** Asks whom it is time to ask. */
  async run(): Promise<void> {
    this.#watch()
    await Promise.all([this.#poller.run(), this.#prober?.run()])
  }

  #watch(): void {
    const { registry, nowMs } = this.#deps
    if (!registry.view.isAskedByHttps || nowMs() - this.#watchedAtMs < edgeLimits.watchMs) return
    this.#watchedAtMs = nowMs()
    this.#tls.look(registry.view.servers)
  }

  /** When it is time again; infinite where there is nobody to ask. */
  nextMs(): number {
    const never = Number.POSITIVE_INFINITY
    return Math.min(this.#poller.nextMs() ?? never, this.#prober?.nextMs() ?? never)
  }
}
