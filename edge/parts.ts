import { localCluster } from '../shared/api/cluster.ts'
import { Registry } from '../shared/cluster/registry.ts'
import type { ServerTable } from '../shared/cluster/server-table.ts'
import { hlsLimits } from '../shared/hls/limits.ts'
import { createEdge, type Edge } from './app.ts'
import type { CarryingDeps } from './carrying.ts'
import type { EdgeConfig } from './config.ts'
import { edgeLimits } from './limits.ts'
import { OwnAddresses } from './listener/own-addresses.ts'
import { Outreach } from './outreach/outreach.ts'
import type { ProberDeps } from './outreach/prober.ts'

/** What an edge has from its runtime: clocks, dice, the network, a store. `test/tools/world` has others. */
export interface EdgeRuntime extends Pick<CarryingDeps, 'fetch' | 'gzip'>, Pick<ProberDeps, 'lookup'> {
  /** a clock in ms that does not step back */
  nowMs: () => number
  /** the wall clock, ms since 1970 */
  wallMs: () => number
  /** numbers in [0, 1) */
  roll: () => number
  table: ServerTable
  /** Does something every so many ms; returns a function that ends it. */
  every: (ms: number, act: () => void) => () => void
}

/** The parts of an edge on Node, Bun or Deno, put together from its configuration: everything but sockets and signals. */
export class EdgeParts {
  readonly registry: Registry
  readonly edge: Edge
  /** the addresses by which listeners reach it */
  readonly addresses: OwnAddresses
  readonly #outreach: Outreach
  readonly #runtime: EdgeRuntime
  #ends: (() => void)[] = []

  constructor(config: EdgeConfig, runtime: EdgeRuntime) {
    const { nowMs, wallMs, roll, table, fetch, gzip, lookup } = runtime
    this.#runtime = runtime
    const registry = new Registry(table, config.maxListenersDefault, nowMs(), undefined, wallMs)
    this.registry = registry
    this.addresses = new OwnAddresses(config.publicUrls, config.port)
    const cluster = localCluster(registry, config.accounts, nowMs)
    this.edge = createEdge({
      config,
      cluster: {
        ...cluster,
        accept: (post) => cluster.accept({ ...post, edgeUrls: this.addresses.complete(post.edgeUrls) }),
      },
      nowMs,
      roll,
      redirected: (server, kbps) => registry.redirected(server, kbps),
      carrying: { fetch, bytesMax: hlsLimits.cacheBytesMax, ...(gzip && { gzip }) },
      startedAtMs: wallMs(),
    })
    const asks = { registry, fetch, nowMs, atOnce: edgeLimits.outgoingMax, lookup }
    this.#outreach = new Outreach(asks, config.probe)
  }

  /** Begins to poll and probe servers, and to forget those that are long gone. */
  start(): void {
    const { every, nowMs } = this.#runtime
    this.#ends = [
      every(edgeLimits.pruneMs, () => this.registry.prune(nowMs())),
      every(edgeLimits.outreachMs, () => void this.#outreach.run()),
    ]
  }

  stop(): void {
    for (const end of this.#ends.splice(0)) end()
  }
}
