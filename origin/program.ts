import { lookup } from 'node:dns/promises'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { getLogger } from '@logtape/logtape'
import { monotonicNowMs as nowMs } from '../shared/clock.ts'
import { MirroredObjects } from '../shared/hls/mirrored-objects.ts'
import type { Mount } from '../shared/mount.ts'
import type { Report } from '../shared/report/report.ts'
import { originApp } from './app.ts'
import { authLimits } from './auth/limits.ts'
import { MountAuth } from './auth/mount-auth.ts'
import { originWrongLogins } from './auth/wrong-logins.ts'
import type { OriginConfig } from './config/config.ts'
import { mountSettings } from './config/mount-settings.ts'
import { Directories } from './directories/directories.ts'
import { Files } from './files/serve.ts'
import { PackagedObjects } from './hls/packaged-objects.ts'
import { Packagers } from './hls/packagers.ts'
import type { HlsDeps } from './hls/serve/deps.ts'
import { KeptBytes } from './hls/serve/kept-bytes.ts'
import { Slots } from './lib/slots.ts'
import { runtimeTimers as timers } from './lib/timers.ts'
import { limits } from './limits.ts'
import { Decider } from './listen/decider.ts'
import { createPlacer } from './listen/placer.ts'
import { openTable } from './listen/sqlite.ts'
import type { ActiveMount } from './mount/mount.ts'
import { MountWatch } from './mount/mount-watch.ts'
import { listenersMax } from './process/descriptors.ts'
import { Programs } from './process/programs.ts'
import { Pull } from './relay/pull/pull.ts'
import { Relaying } from './relay/relaying.ts'
import { measure, promiseSeconds } from './report/measure.ts'
import { Reports } from './report/reports.ts'
import { AppBridge } from './server/app-bridge.ts'
import { HttpServer } from './server/http-server.ts'
import type { BoundPorts } from './server/listen-sockets.ts'
import { createState, type OriginState } from './state.ts'
import { StatsFeeds } from './stats/feed.ts'

const log = getLogger(['distributary', 'origin'])
const roll = Math.random
/** ms between two checks for servers that have been gone for a day */
const pruneMs = 60_000
/** ms between two log lines about HLS that cannot be served */
const hlsProblemMs = 1000
/** ms between two checks for changes that no report and no listener brings to light */
const lookMs = 1000

/** One origin, built from its configuration: server, relays, reports, decider. */
export class Program {
  readonly #config: OriginConfig
  readonly #state: OriginState
  readonly #server: HttpServer
  readonly #reports: Reports
  readonly #auth: MountAuth
  readonly #relaying: Relaying
  readonly #directories: Directories
  /** of mounts that this server packages for HLS */
  readonly #packagers: Packagers
  /** of a master that redirects its own listeners */
  readonly #decider: Decider | undefined
  #seq = 0
  #isLeaving = false

  constructor(config: OriginConfig) {
    const state = createState(config, nowMs)
    this.#config = config
    this.#state = state
    this.#reports = this.#createReports()
    this.#auth = new MountAuth({ config, nowMs, timers, fetch })
    state.mounts.onChange(() => this.#reports.change())
    state.drain.onChange(() => this.#reports.change())
    state.mounts.onTold(() => this.#told())
    this.#watchMounts()
    this.#relaying = this.#createRelaying()
    this.#packagers = this.#createPackagers()
    this.#directories = new Directories({ config, mounts: state.mounts, timers, nowMs, fetch })
    state.mounts.onDemand = this.#relaying.relays
    if (decidesItself(config))
      this.#decider = new Decider({
        config,
        state,
        table: config.dataDir === undefined ? undefined : openTable(config.dataDir),
        measure: () => this.#measure(),
        nowMs,
        roll,
      })
    this.#server = this.#createServer()
  }

  /** whether no listener is connected */
  get isIdle(): boolean {
    return this.#state.load.listeners === 0
  }

  /** whether a decider knows this server, and so may send it listeners */
  get isKnown(): boolean {
    return this.#reports.hasDeciders || this.#decider !== undefined
  }

  /** Listens; resolves with the ports bound, or rejects if one is in use. */
  listen(): Promise<BoundPorts> {
    return this.#server.start()
  }

  /** Reads the certificate again, for new connections. @throws if it is invalid; then the old one stays */
  renewCertificate(): void {
    this.#server.renewCertificate()
  }

  /** Starts reports and relays; to be called once the ports are known. */
  join(): void {
    this.#reports.start()
    this.#relaying.start()
    this.#directories.start()
    this.#prune()
    if (this.#decider) this.#look(this.#decider)
  }

  /** Applies a reloaded configuration: starts its new relays and masters, stops the removed ones. */
  reconfigure(): void {
    this.#reports.configure()
    this.#relaying.configure()
    this.#packagers.look()
    this.#told() // names and flags of mounts may have changed
  }

  /** A master reports what its mounts play; a slave does not. */
  #told(): void {
    if (this.#config.masters.length === 0) this.#reports.change()
  }

  /** Sends back or refuses new listeners from now on; resolves when deciders and directories know, or cannot be reached. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.#decider?.changed()
    await Promise.all([this.#reports.leave(), this.#directories.leave()])
  }

  /** Closes every connection, then waits a moment for notifications of auth backends. */
  async close(): Promise<void> {
    this.#server.stopListening()
    this.#reports.stop()
    this.#relaying.stop()
    this.#packagers.stop()
    this.#state.sessions.endAll()
    await this.#server.close()
    await Promise.race([this.#auth.settled(), wait(authLimits.farewellMs)])
  }

  /** Tells programs and auth backends of mounts that begin and end. */
  #watchMounts(): void {
    const { mounts } = this.#state
    const programs = new Programs(this.#config, process.env)
    const watches = [new MountWatch(this.#auth), new MountWatch(programs)]
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

  #createServer(): HttpServer {
    const config = this.#config
    const state = this.#state
    const auth = this.#auth
    const stats = {
      config,
      state,
      idle: () => this.#relaying.relays.idle(),
      deciders: () => this.#reports.deciders(),
    }
    const placer = createPlacer({
      config,
      state,
      reports: this.#reports,
      missed: (mount) => this.#relaying.missed(mount),
      mirrors: (mount) => this.#relaying.relays.isMirrored(mount),
      standIn: (mount) => this.#standIn(mount),
      decider: this.#decider,
      isLeaving: () => this.#isLeaving,
    })
    const files = new Files({
      webroot: () => (config.fileserve ? config.paths.webroot : undefined),
      onServed: () => state.load.files++,
    })
    const feeds = new StatsFeeds(stats, timers)
    const relaySlots = new Slots(limits.relaysMax)
    const wrongLogins = originWrongLogins(nowMs, timers)
    const hls = this.#createHls()
    const serving = { config, state, nowMs, placer, auth, wrongLogins, files, feeds, relaySlots, hls }
    const app = originApp({ ...stats, nowMs, auth }, this.#decider?.app)
    return new HttpServer(serving, new AppBridge(app, serving))
  }

  #createPackagers(): Packagers {
    const config = this.#config
    const { mounts } = this.#state
    const { relays } = this.#relaying
    const packagers = new Packagers({
      running: () => mounts.list().filter(({ name }) => !relays.isMirrored(name)),
      packaging: (mount) => mountSettings(config, mount).hls,
      standIn: (mount) => this.#standIn(mount),
      times: () => config.hls,
      isSteered: () => this.isKnown,
      timers,
      nowMs,
      wallMs: Date.now,
    })
    mounts.onChange(() => packagers.look())
    return packagers
  }

  /** A running fallback of a mount that is not here; one that is mirrored is packaged by its master. */
  #standIn(mount: Mount): ActiveMount | undefined {
    const { mounts } = this.#state
    const found = mounts.get(mount) ? undefined : mounts.find(mount)
    if (found?.kind !== 'live' || this.#relaying.relays.isMirrored(found.mount.name)) return undefined
    return found.mount
  }

  /** A slave fetches from its masters what they have packaged, so that segments of one number are the same everywhere. */
  #createHls(): HlsDeps['hls'] {
    const { relays } = this.#relaying
    const { mounts } = this.#state
    const wasMirrored = (mount: Mount) => mounts.get(mount) === undefined && this.#relaying.wasMirrored(mount)
    const packaged = new PackagedObjects(this.#packagers)
    const mirrored = new MirroredObjects({
      nowMs,
      fetch: (mount, path, bytesMax) => this.#relaying.fetchObject(mount, path, bytesMax),
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
      mayReturn: (mount) => this.#packagers.mayReturn(mount) || wasMirrored(mount),
      sessions: this.#state.sessions,
      askDrainers: () => (this.#reports.isDraining ? this.#reports.renew() : undefined),
      edgeUrls: () => this.#reports.edgeUrls,
      decider: this.#decider,
      kept: new KeptBytes(),
      random: (bytes) => crypto.getRandomValues(bytes),
      roll,
    }
  }

  #createReports(): Reports {
    const config = this.#config
    const { load } = this.#state
    return new Reports(config, {
      measure: () => this.#measure(),
      load: () => ({
        listeners: load.listeners,
        maxListeners: listenersMax(config.limits, this.#state.mounts.count),
      }),
      promisedMs: () => promiseSeconds(config.updateIntervalS) * 1000,
      fetch,
      timers,
      nowMs,
      roll,
      onReply: () => {
        const { isDraining: draining, edgeUrls } = this.#reports
        log.info(draining ? 'drained by a decider' : 'open to listeners', { edge: edgeUrls.join(' ') })
      },
    })
  }

  #createRelaying(): Relaying {
    const { mounts, viaName } = this.#state
    return new Relaying({
      config: this.#config,
      mounts,
      timers,
      nowMs,
      roll,
      viaName,
      fetch,
      lookUp: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
      pull: (url, options, events) => new Pull(url, options, events),
      beforeRequest: (masterUrl) => this.#reports.flush(masterUrl),
      onAnswer: (masterUrl, server) => this.#reports.seen(masterUrl, server),
      onChange: () => this.#reports.change(),
    })
  }

  #measure(): Report {
    const { mounts, load, drain } = this.#state
    const { relays } = this.#relaying
    return measure({
      config: this.#config,
      boot: this.#state.boot,
      seq: ++this.#seq,
      state: this.#isLeaving ? 'leaving' : drain.active ? 'draining' : 'up',
      mounts: mounts.list(),
      idle: relays.idle(),
      sessions: this.#state.sessions,
      isMirrored: (mount) => relays.isMirrored(mount),
      load,
      maxListeners: listenersMax(this.#config.limits, this.#state.mounts.count),
    })
  }

  #look(decider: Decider): void {
    timers.after(lookMs, () => {
      decider.look()
      this.#look(decider)
    })
  }

  #prune(): void {
    timers.after(pruneMs, () => {
      this.#decider?.prune()
      this.#prune()
    })
  }
}

/** A master with an edge never redirects: the edge decides. A slave's deciders are other servers. */
const decidesItself = ({ masters, publicSlave, edges }: OriginConfig) =>
  publicSlave && masters.length === 0 && edges.length === 0
