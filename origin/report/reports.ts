import type { OriginConfig } from '../config/config.ts'
import type { Timers } from '../timers.ts'
import { Reporter, type ReporterDeps } from './reporter.ts'

const flushMsMax = 2000

/** All deciders that this server reports to, as one. */
export class Reports {
  #edges: readonly Reporter[]
  #masters: readonly Reporter[]
  #timers: Timers

  constructor({ masters, publicSlave, edges, edgePassword }: OriginConfig, deps: ReporterDeps) {
    this.#timers = deps.timers
    this.#edges = edges.map((url) => new Reporter(url, { user: 'relay', password: edgePassword ?? '' }, deps))
    // an edge that is the master as well is one decider, and takes one report
    const others = publicSlave ? masters.filter(({ url }) => !edges.includes(url)) : []
    this.#masters = others.map((master) => new Reporter(master.url, master, deps))
  }

  get #all(): Reporter[] {
    return [...this.#masters, ...this.#edges]
  }

  start(): void {
    for (const reporter of this.#all) reporter.start()
  }

  /** A mount came or went, or a listener was turned away. */
  change(): void {
    for (const reporter of this.#all) reporter.change()
  }

  /** Right before a request for the stream list (S8), which does not wait long for a decider that is away. */
  async flush(): Promise<void> {
    let cancel = () => {}
    const enough = new Promise<void>((resolve) => {
      cancel = this.#timers.after(flushMsMax, resolve)
    })
    await Promise.race([Promise.all(this.#all.map((reporter) => reporter.flush())), enough])
    cancel()
  }

  async leave(): Promise<void> {
    await Promise.all(this.#all.map((reporter) => reporter.leave()))
  }

  stop(): void {
    for (const reporter of this.#all) reporter.stop()
  }

  /** whether there is anybody to report to */
  get hasDeciders(): boolean {
    return this.#all.length > 0
  }

  /** Whether an operator drained this server at a decider. */
  get isDraining(): boolean {
    return this.#all.some(({ reply }) => reply?.isDraining ?? false)
  }

  /**
   * Where listeners are sent back to: an edge of the configuration, by the address that it gives itself, or a master
   * that takes reports; of several one that answers now.
   */
  get edgeUrl(): string | undefined {
    const answering = [...this.#edges, ...this.#masters].filter(({ isAnswering }) => isAnswering)
    const [reporter = this.#edges[0]] = answering
    return reporter && (reporter.reply?.edgeUrl ?? reporter.url)
  }
}
