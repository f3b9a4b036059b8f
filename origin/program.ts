import { getLogger } from '@logtape/logtape'
import { monotonicNowMs as nowMs } from '../shared/clock.ts'
import { printBasic } from '../shared/credentials.ts'
import type { Report } from '../shared/report.ts'
import type { OriginConfig } from './config/config.ts'
import { Decider } from './decider.ts'
import { createOrigin, type Origin } from './origin.ts'
import { createPlacer } from './placer.ts'
import { Pull } from './relay/pull.ts'
import { Relays } from './relay/relays.ts'
import { StreamListPoller } from './relay/stream-list.ts'
import { measure, promiseSeconds } from './report/measure.ts'
import { Reports } from './report/reports.ts'
import { createState, type OriginState } from './state.ts'
import { runtimeTimers as timers } from './timers.ts'

const log = getLogger(['distributary', 'origin'])
const roll = Math.random
/** ms between two looks for servers that have been gone for a day */
const pruneMs = 60_000

/** One origin, wired from its configuration: server, relays, reports, decider. */
export class Program {
  readonly #config: OriginConfig
  readonly #state: OriginState
  readonly #origin: Origin
  readonly #reports: Reports
  /** a slave's */
  readonly #mirror: { relays: Relays; poller: StreamListPoller } | undefined
  /** a master's that decides itself */
  readonly #decider: Decider | undefined
  readonly #boot = crypto.randomUUID()
  #seq = 0
  #isLeaving = false

  constructor(config: OriginConfig) {
    const state = createState(config, nowMs)
    this.#config = config
    this.#state = state
    this.#reports = this.#createReports()
    state.mounts.onChange(() => this.#reports.change())
    state.drain.onChange(() => this.#reports.change())
    this.#mirror = config.masters.length > 0 ? this.#createMirror() : undefined
    if (decidesItself(config))
      this.#decider = new Decider({ config, state, measure: () => this.#measure(), nowMs, roll })
    const placer = createPlacer({
      config,
      state,
      reports: this.#reports,
      relays: this.#mirror?.relays,
      decider: this.#decider,
      isLeaving: () => this.#isLeaving,
    })
    this.#origin = createOrigin(config, state, { nowMs, placer, clusterApp: this.#decider?.app })
  }

  /** whether nobody would miss it: no listener is here, and no decider sends one */
  get isIdle(): boolean {
    return this.#state.load.listeners === 0 && !this.#reports.hasDeciders && !this.#decider
  }

  /** Listens; resolves with the ports bound. */
  listen(): ReturnType<Origin['start']> {
    return this.#origin.start()
  }

  /** Begins to report and to relay, once the ports are known. */
  join(): void {
    this.#reports.start()
    this.#mirror?.poller.start()
    this.#prune()
  }

  /** From now on new listeners are sent back or refused; resolves when the deciders know, or cannot be told. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#decider?.changed()
    await this.#reports.leave()
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    this.#origin.stopListening()
    this.#reports.stop()
    this.#mirror?.poller.stop()
    this.#mirror?.relays.stop()
    await this.#origin.close()
  }

  #createReports(): Reports {
    const config = this.#config
    const { load } = this.#state
    return new Reports(config, {
      measure: () => this.#measure(),
      load: () => ({ listeners: load.listeners, maxListeners: config.limits.maxListeners }),
      promisedMs: () => promiseSeconds(config.updateIntervalS) * 1000,
      fetch,
      timers,
      nowMs,
      roll,
      onReply: () => {
        const { isDraining: draining, edgeUrl: edge } = this.#reports
        log.info(draining ? 'drained by a decider' : 'open to listeners', { edge })
      },
    })
  }

  #createMirror(): { relays: Relays; poller: StreamListPoller } {
    const config = this.#config
    const masterUrls = () => config.masters.map(({ url }) => url)
    const [first] = config.masters
    const authorization = () => (first ? printBasic(first) : '')
    const relays = new Relays({
      mounts: this.#state.mounts,
      timers,
      nowMs,
      pull: (url, options, events) => new Pull(url, options, events),
      roll,
      sourceTimeoutMs: () => config.limits.sourceTimeoutMs,
      authorization,
      masterUrls,
      onDemand: () => config.onDemand,
      onEnded: () => poller.hurry(),
      onChange: () => this.#reports.change(),
    })
    const poller = new StreamListPoller({
      timers,
      nowMs,
      roll,
      masterUrls,
      authorization,
      updateIntervalS: () => config.updateIntervalS,
      beforeRequest: () => this.#reports.flush(),
      fetch,
      onList: (entries, listUrl) => relays.apply(entries, listUrl),
    })
    return { relays, poller }
  }

  #measure(): Report {
    const { mounts, load, drain } = this.#state
    const relays = this.#mirror?.relays
    return measure({
      config: this.#config,
      boot: this.#boot,
      seq: ++this.#seq,
      state: this.#isLeaving ? 'leaving' : drain.active ? 'draining' : 'up',
      mounts: mounts.list(),
      idle: relays?.idle() ?? [],
      isMirrored: (mount) => relays?.has(mount) ?? false,
      load,
    })
  }

  #prune(): void {
    timers.after(pruneMs, () => {
      this.#decider?.prune()
      this.#prune()
    })
  }
}

/** A master with an edge serves what it is sent and never redirects; a slave's deciders are elsewhere. */
const decidesItself = ({ masters, publicSlave, edges }: OriginConfig) =>
  publicSlave && masters.length === 0 && edges.length === 0
