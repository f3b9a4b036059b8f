import { getLogger } from '@logtape/logtape'
import type { Hono } from 'hono'
import type { ClusterEnv } from '../shared/api/routes.ts'
import type { ServerTable } from '../shared/cluster/server-table.ts'
import { MirroredObjects } from '../shared/hls/mirrored-objects.ts'
import type { Mount } from '../shared/mount.ts'
import type { Report } from '../shared/report/report.ts'
import { originApp } from './app.ts'
import { MountAuth } from './auth/mount-auth.ts'
import { originWrongLogins } from './auth/wrong-logins.ts'
import type { OriginConfig } from './config/config.ts'
import { mountSettings } from './config/mount-settings.ts'
import { Files } from './files/serve.ts'
import { PackagedObjects } from './hls/packaged-objects.ts'
import { Packagers } from './hls/packagers.ts'
import type { HlsDeps } from './hls/serve/deps.ts'
import { KeptBytes } from './hls/serve/kept-bytes.ts'
import { Slots } from './lib/slots.ts'
import type { Timers } from './lib/timers.ts'
import { limits } from './limits.ts'
import { Decider } from './listen/decider.ts'
import type { Placer } from './listen/placement.ts'
import { createPlacer } from './listen/placer.ts'
import type { ActiveMount } from './mount/mount.ts'
import { type MountEvents, MountWatch } from './mount/mount-watch.ts'
import { listenersMax } from './process/descriptors.ts'
import { Relaying, type RelayingDeps } from './relay/relaying.ts'
import { measure, promiseSeconds } from './report/measure.ts'
import { Reports } from './report/reports.ts'
import type { Serving } from './server/serving.ts'
import { createState, type OriginState } from './state.ts'
import { StatsFeeds } from './stats/feed.ts'

const log = getLogger(['distributary', 'origin'])
/** ms between two checks for servers that have been gone for a day */
const pruneMs = 60_000
/** ms between two log lines about HLS that cannot be served */
const hlsProblemMs = 1000
/** ms between two checks for changes that no report and no listener brings to light */
const lookMs = 1000

/** What an origin has from its runtime: clocks, dice, the network, a store. `test/tools/world` has others. */
export interface OriginRuntime extends Pick<RelayingDeps, 'fetch' | 'lookUp' | 'pull'> {
  /** a clock in ms that does not step back */
  nowMs: () => number
  /** the wall clock, ms since 1970 */
  wallMs: () => number
  timers: Timers
  /** numbers in [0, 1) */
  roll: () => number
  /** opens the store of a master that decides itself; undefined: everything is kept in memory */
  openTable: () => ServerTable | undefined
  /** hears of mounts that begin and end, as auth backends do: the operator's programs */
  programs?: MountEvents
}

/** The parts of an origin, put together from its configuration: everything but sockets, directories and signals. */
export class OriginParts {
  readonly config: OriginConfig
  readonly state: OriginState
  readonly reports: Reports
  readonly auth: MountAuth
  readonly relaying: Relaying
  /** of mounts that this server packages for HLS */
  readonly packagers: Packagers
  /** of a master that redirects its own listeners */
  readonly decider: Decider | undefined
  readonly placer: Placer
  /** what answers requests */
  readonly serving: Serving
  readonly app: Hono<ClusterEnv>
  /** of the last report */
  seq = 0
  readonly #runtime: OriginRuntime
  #isLeaving = false

  constructor(config: OriginConfig, runtime: OriginRuntime) {
    const { nowMs, timers, roll, fetch } = runtime
    const state = createState(config, nowMs, timers)
    this.config = config
    this.state = state
    this.#runtime = runtime
    this.reports = this.#createReports()
    this.auth = new MountAuth({ config, nowMs, timers, fetch })
    state.mounts.onChange(() => this.reports.change())
    state.drain.onChange(() => this.reports.change())
    state.mounts.onTold(() => this.#told())
    this.#watchMounts()
    this.relaying = this.#createRelaying()
    this.packagers = this.#createPackagers()
    state.mounts.onDemand = this.relaying.relays
    const own = { config, state, measure: () => this.#measure(), nowMs, roll }
    this.decider = decidesItself(config) ? new Decider({ ...own, table: runtime.openTable() }) : undefined
    this.placer = this.#createPlacer()
    const stats = {
      config,
      state,
      idle: () => this.relaying.relays.idle(),
      deciders: () => this.reports.deciders(),
    }
    this.serving = this.#createServing(new StatsFeeds(stats, timers))
    this.app = originApp({ ...stats, nowMs, auth: this.auth }, this.decider?.app)
  }

  /** whether a decider knows this server, and so may send it listeners */
  get isKnown(): boolean {
    return this.reports.hasDeciders || this.decider !== undefined
  }

  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Starts reports and relays. */
  start(): void {
    this.reports.start()
    this.relaying.start()
    this.#prune()
    if (this.decider) this.#look(this.decider)
  }

  /** Applies a reloaded configuration: starts its new relays and masters, stops the removed ones. */
  reconfigure(): void {
    this.reports.configure()
    this.relaying.configure()
    this.packagers.look()
    this.#told() // names and flags of mounts may have changed
  }

  /** Sends back or refuses new listeners from now on; resolves when deciders know, or cannot be reached. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.decider?.changed()
    await this.reports.leave()
  }

  /** Ends reports, relays and sessions. */
  stop(): void {
    this.reports.stop()
    this.relaying.stop()
    this.packagers.stop()
    this.state.sessions.endAll()
  }

  /** A master reports what its mounts play; a slave does not. */
  #told(): void {
    if (this.config.masters.length === 0) this.reports.change()
  }

  /** Tells auth backends and programs of mounts that begin and end. */
  #watchMounts(): void {
    const { mounts } = this.state
    const { programs, timers } = this.#runtime
    const watches = [this.auth, ...(programs ? [programs] : [])].map((events) => new MountWatch(events))
    let isDue = false
    // a master's stream list may begin or end thousands at once
    mounts.onChange(() => {
      if (isDue) return
      isDue = true
      timers.soon(() => {
        isDue = false
        const running = mounts.list().map(({ name }) => name)
        for (const watch of watches) watch.look(running)
      })
    })
  }

  #createPlacer(): Placer {
    const { config, state, reports, relaying, decider } = this
    return createPlacer({
      config,
      state,
      reports,
      missed: (mount) => relaying.missed(mount),
      mirrors: (mount) => relaying.relays.isMirrored(mount),
      standIn: (mount) => this.#standIn(mount),
      decider,
      isLeaving: () => this.#isLeaving,
    })
  }

  #createServing(feeds: StatsFeeds): Serving {
    const { config, state, placer, auth } = this
    const { nowMs, timers } = this.#runtime
    const files = new Files({
      webroot: () => (config.fileserve ? config.paths.webroot : undefined),
      onServed: () => state.load.files++,
    })
    const relaySlots = new Slots(limits.relaysMax)
    const wrongLogins = originWrongLogins(nowMs, timers)
    const hls = this.#createHls()
    return { config, state, nowMs, placer, auth, wrongLogins, files, feeds, relaySlots, hls }
  }

  #createPackagers(): Packagers {
    const { config } = this
    const { mounts } = this.state
    const { relays } = this.relaying
    const { timers, nowMs, wallMs } = this.#runtime
    const packagers = new Packagers({
      running: () => mounts.list().filter(({ name }) => !relays.isMirrored(name)),
      packaging: (mount) => mountSettings(config, mount).hls,
      standIn: (mount) => this.#standIn(mount),
      times: () => config.hls,
      isSteered: () => this.isKnown,
      timers,
      nowMs,
      wallMs,
    })
    mounts.onChange(() => packagers.look())
    return packagers
  }

  /** A running fallback of a mount that is not here; one that is mirrored is packaged by its master. */
  #standIn(mount: Mount): ActiveMount | undefined {
    const { mounts } = this.state
    const found = mounts.get(mount) ? undefined : mounts.find(mount)
    if (found?.kind !== 'live' || this.relaying.relays.isMirrored(found.mount.name)) return undefined
    return found.mount
  }

  /** A slave fetches from its masters what they have packaged, so that segments of one number are the same everywhere. */
  #createHls(): HlsDeps['hls'] {
    const { relaying, packagers, reports, decider } = this
    const { relays } = relaying
    const { mounts, sessions } = this.state
    const { nowMs, roll } = this.#runtime
    const wasMirrored = (mount: Mount) => mounts.get(mount) === undefined && relaying.wasMirrored(mount)
    const packaged = new PackagedObjects(packagers)
    const mirrored = new MirroredObjects({
      nowMs,
      fetch: (mount, path, bytesMax) => relaying.fetchObject(mount, path, bytesMax),
    })
    let toldAtMs = Number.NEGATIVE_INFINITY
    return {
      failed: (mount, error) => {
        // every player of the server asks for the same
        if (nowMs() - toldAtMs < hlsProblemMs) return
        toldAtMs = nowMs()
        log.warning('could not serve HLS', { mount, error })
      },
      objectsOf: (mount) => (relays.isMirrored(mount) || wasMirrored(mount) ? mirrored : packaged),
      standIn: (mount) => this.#standIn(mount),
      mayReturn: (mount) => packagers.mayReturn(mount) || wasMirrored(mount),
      sessions,
      askDrainers: () => (reports.isDraining ? reports.renew() : undefined),
      edgeUrls: () => reports.edgeUrls,
      decider,
      kept: new KeptBytes(),
      random: (bytes) => crypto.getRandomValues(bytes),
      roll,
    }
  }

  #createReports(): Reports {
    const { config } = this
    const { load, mounts } = this.state
    const { fetch, timers, nowMs, roll } = this.#runtime
    return new Reports(config, {
      measure: () => this.#measure(),
      load: () => ({
        listeners: load.listeners,
        maxListeners: listenersMax(config.limits, mounts.count),
      }),
      promisedMs: () => promiseSeconds(config.updateIntervalS) * 1000,
      fetch,
      timers,
      nowMs,
      roll,
      onReply: () => {
        const { isDraining: draining, edgeUrls } = this.reports
        log.info(draining ? 'drained by a decider' : 'open to listeners', { edge: edgeUrls.join(' ') })
      },
    })
  }

  #createRelaying(): Relaying {
    const { config } = this
    const { mounts, viaName } = this.state
    const { timers, nowMs, roll, fetch, lookUp, pull } = this.#runtime
    return new Relaying({
      config,
      mounts,
      timers,
      nowMs,
      roll,
      viaName,
      fetch,
      lookUp,
      pull,
      beforeRequest: (masterUrl) => this.reports.flush(masterUrl),
      onAnswer: (masterUrl, server) => this.reports.seen(masterUrl, server),
      onChange: () => this.reports.change(),
    })
  }

  #measure(): Report {
    const { config, state } = this
    const { mounts, load, drain, boot, sessions } = state
    const { relays } = this.relaying
    return measure({
      config,
      boot,
      seq: ++this.seq,
      state: this.#isLeaving ? 'leaving' : drain.active ? 'draining' : 'up',
      mounts: mounts.list(),
      idle: relays.idle(),
      sessions,
      isMirrored: (mount) => relays.isMirrored(mount),
      load,
      maxListeners: listenersMax(config.limits, mounts.count),
    })
  }

  #look(decider: Decider): void {
    this.#runtime.timers.after(lookMs, () => {
      decider.look()
      this.#look(decider)
    })
  }

  #prune(): void {
    this.#runtime.timers.after(pruneMs, () => {
      this.decider?.prune()
      this.#prune()
    })
  }
}

/** A master with an edge never redirects: the edge decides. A slave's deciders are other servers. */
const decidesItself = ({ masters, publicSlave, edges }: OriginConfig) =>
  publicSlave && masters.length === 0 && edges.length === 0
