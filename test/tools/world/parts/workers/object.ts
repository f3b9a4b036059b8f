import { edgeLimits } from '../../../../../edge/limits.ts'
import { Outreach } from '../../../../../edge/outreach/outreach.ts'
import {
  type AcceptedReport,
  IsolateExchange,
  type SentReport,
} from '../../../../../edge/workers/exchange.ts'
import { Gathering } from '../../../../../edge/workers/gathering.ts'
import { type Cluster, localCluster } from '../../../../../shared/api/cluster.ts'
import { Registry } from '../../../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../../../shared/cluster/server-table.ts'
import type { Process } from '../../rig/process.ts'
import type { Machine, World } from '../../world.ts'
import { configOf, type EdgeSetup } from '../edge.ts'
import { type Watched, watchPolls } from '../watched.ts'

/** bytes of news in one call: a server is a few hundred, so that a snapshot takes several pages */
const newsBytesMax = 700
/** servers that an object remembers as removed, so that some worlds have more */
const removedMax = 1

/** The one object of a cluster on Workers: edge/workers/cluster-object.ts without its runtime. It is evicted, and starts with the next call. */
export class ClusterObject {
  readonly process: Process
  readonly registry: Registry
  readonly cluster: Cluster
  readonly exchange: IsolateExchange

  constructor(world: World, machine: Machine, setup: EdgeSetup, watched: Watched) {
    this.process = world.start(machine)
    const nowMs = () => machine.clock.wallMs()
    const { accounts, maxListenersDefault, probe } = configOf(machine, setup)
    const table = new ServerTable(machine.disk.open())
    this.registry = new Registry(table, maxListenersDefault, nowMs(), edgeLimits.mountsWorkersMax)
    this.cluster = localCluster(this.registry, accounts, nowMs)
    this.exchange = new IsolateExchange(this.registry, this.process.name, removedMax, newsBytesMax)
    const fetch = world.network.fetchFrom(machine.host, this.process)
    const outreach = new Outreach(
      {
        registry: this.registry,
        fetch: watchPolls(fetch, world, watched, nowMs),
        nowMs,
        atOnce: edgeLimits.outgoingWorkersMax,
        lookup: undefined,
      },
      probe,
    )
    const round = () => {
      this.process.after(edgeLimits.outreachWorkersMs, round)
      this.registry.prune(nowMs())
      void outreach.run()
    }
    round()
  }
}

/** An accepted report, and when the object accepted it. */
export interface Made extends AcceptedReport {
  atMs: number
}

/** An object that gathers reports: edge/workers/reports-object.ts without its runtime. */
export class ReportsObject {
  readonly process: Process
  readonly gathering: Gathering<SentReport, Made>

  constructor(process: Process, pass: (caller: Process, reports: SentReport[]) => Promise<Made[]>) {
    this.process = process
    this.gathering = new Gathering(
      (reports) => pass(process, reports),
      (ms) => process.sleep(ms),
      edgeLimits.gathered,
    )
  }
}
