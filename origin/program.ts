import { lookup } from 'node:dns/promises'
import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { monotonicNowMs as nowMs } from '../shared/clock.ts'
import { authLimits } from './auth/limits.ts'
import type { OriginConfig } from './config/config.ts'
import { Directories } from './directories/directories.ts'
import { runtimeTimers as timers } from './lib/timers.ts'
import { openTable } from './listen/sqlite.ts'
import { OriginParts, type OriginRuntime } from './parts.ts'
import { Programs } from './process/programs.ts'
import { Pull } from './relay/pull/pull.ts'
import { AppBridge } from './server/app-bridge.ts'
import { HttpServer } from './server/http-server.ts'
import type { BoundPorts } from './server/listen-sockets.ts'

/** One origin, built from its configuration: its parts, its sockets, and the directories that list it. */
export class Program {
  readonly #parts: OriginParts
  readonly #server: HttpServer
  readonly #directories: Directories

  constructor(config: OriginConfig) {
    this.#parts = new OriginParts(config, runtimeOf(config))
    const { state, app, serving } = this.#parts
    this.#directories = new Directories({ config, mounts: state.mounts, timers, nowMs, fetch })
    this.#server = new HttpServer(serving, new AppBridge(app, serving))
  }

  /** whether no listener is connected */
  get isIdle(): boolean {
    return this.#parts.state.load.listeners === 0
  }

  /** whether a decider knows this server, and so may send it listeners */
  get isKnown(): boolean {
    return this.#parts.isKnown
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
    this.#parts.start()
    this.#directories.start()
  }

  /** Applies a reloaded configuration: starts its new relays and masters, stops the removed ones. */
  reconfigure(): void {
    this.#parts.reconfigure()
  }

  /** Sends back or refuses new listeners from now on; resolves when deciders and directories know, or cannot be reached. */
  async leave(): Promise<void> {
    await Promise.all([this.#parts.leave(), this.#directories.leave()])
  }

  /** Closes every connection, then waits a moment for notifications of auth backends. */
  async close(): Promise<void> {
    this.#server.stopListening()
    this.#parts.stop()
    await this.#server.close()
    await Promise.race([this.#parts.auth.settled(), wait(authLimits.farewellMs)])
  }
}

/** What the runtime gives. */
const runtimeOf = (config: OriginConfig): OriginRuntime => ({
  nowMs,
  wallMs: Date.now,
  timers,
  roll: Math.random,
  fetch,
  lookUp: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  pull: (url, options, events) => new Pull(url, options, events),
  openTable: () => (config.dataDir === undefined ? undefined : openTable(config.dataDir)),
  programs: new Programs(config, process.env),
})
