import type { OriginConfig } from '../config/config.ts'
import type { MasterSettings } from '../config/xml/master-settings.ts'
import { Reporter, type ReporterDeps } from './reporter.ts'

const flushMsMax = 2000

type ReportsConfig = Pick<OriginConfig, 'masters' | 'publicSlave' | 'edges' | 'edgePassword'>

/** All deciders that this server reports to. */
export class Reports {
  #config: ReportsConfig
  #deps: ReporterDeps
  #edges: readonly Reporter[]
  #masters: readonly Reporter[]

  constructor(config: ReportsConfig, deps: ReporterDeps) {
    const { edges, edgePassword } = config
    this.#config = config
    this.#deps = deps
    this.#edges = edges.map((url) => new Reporter(url, { user: 'relay', password: edgePassword ?? '' }, deps))
    this.#masters = this.#reportedMasters().map((master) => new Reporter(master.url, master, deps))
  }

  /** The configured masters have changed: leaves removed ones, and starts reporting to new ones. */
  configure(): void {
    const before = this.#masters
    this.#masters = this.#reportedMasters().map((master) => {
      const known = before.find((reporter) => reporter.isFor(master.url, master))
      const reporter = known ?? new Reporter(master.url, master, this.#deps)
      if (!known) reporter.start()
      return reporter
    })
    for (const reporter of this.#all) reporter.retry()
    for (const reporter of before)
      if (!this.#masters.includes(reporter)) reporter.leave().then(() => reporter.stop())
  }

  /** An edge that is also a master is one decider, and gets one report. */
  #reportedMasters(): readonly MasterSettings[] {
    const { publicSlave, masters, edges } = this.#config
    return publicSlave ? masters.filter(({ url }) => !edges.includes(url)) : []
  }

  get #all(): Reporter[] {
    return [...this.#masters, ...this.#edges]
  }

  /** Every decider, and whether it accepted the last report. */
  deciders(): { url: string; isAnswering: boolean }[] {
    return this.#all.map(({ url, isAnswering }) => ({ url, isAnswering }))
  }

  start(): void {
    for (const reporter of this.#all) reporter.start()
  }

  /** A mount came or went, or a listener was refused. */
  change(): void {
    for (const reporter of this.#all) reporter.change()
  }

  /**
   * Reports right before a request for a master's stream list (S8), which waits only briefly if the master is
   * unreachable.
   */
  async flush(masterUrl: string): Promise<void> {
    const asked = this.#all.filter(({ url }) => url === masterUrl)
    await this.#briefly(asked.map((reporter) => reporter.flush()))
  }

  /** Asks the deciders that drained this server whether they still do: only a report's reply tells that a drain has ended. */
  async renew(): Promise<void> {
    const draining = this.#all.filter(({ reply }) => reply?.isDraining)
    await this.#briefly(draining.map((reporter) => reporter.renew()))
  }

  /** A decider that does not answer holds nobody up. */
  async #briefly(answers: readonly Promise<void>[]): Promise<void> {
    let cancel = () => {}
    const enough = new Promise<void>((resolve) => {
      cancel = this.#deps.timers.after(flushMsMax, resolve)
    })
    await Promise.race([Promise.all(answers), enough])
    cancel()
  }

  /** A request for a master's stream list was answered with this `Server` header; null if there was no answer. */
  seen(masterUrl: string, server: string | null): void {
    for (const reporter of this.#all) if (reporter.url === masterUrl) reporter.seen(server)
  }

  async leave(): Promise<void> {
    await Promise.all(this.#all.map((reporter) => reporter.leave()))
  }

  stop(): void {
    for (const reporter of this.#all) reporter.stop()
  }

  /** whether there are any deciders */
  get hasDeciders(): boolean {
    return this.#all.length > 0
  }

  /** Whether an operator drained this server at a decider. */
  get isDraining(): boolean {
    return this.#all.some(({ reply }) => reply?.isDraining ?? false)
  }

  /**
   * Where listeners are sent back to: a configured edge, at the addresses in its own reply, or a master that accepts
   * reports; if there are several, one that answers now.
   */
  get edgeUrls(): readonly string[] {
    const answering = [...this.#edges, ...this.#masters].filter(({ isAnswering }) => isAnswering)
    const [reporter = this.#edges[0]] = answering
    if (!reporter) return []
    const told = reporter.reply?.edgeUrls ?? []
    return told.length > 0 ? told : [reporter.url]
  }
}
