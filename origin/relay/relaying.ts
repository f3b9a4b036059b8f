import { lookup } from 'node:dns/promises'
import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import type { Timers } from '../lib/timers.ts'
import type { Mounts } from '../mount/mounts.ts'
import { Masters } from './lists/masters.ts'
import { Pull } from './pull/pull.ts'
import { Relays } from './relays.ts'

export interface RelayingDeps {
  config: OriginConfig
  mounts: Mounts
  timers: Timers
  /** ms, a clock that does not step back */
  nowMs: () => number
  /** numbers in [0, 1) */
  roll: () => number
  viaName: string
  /** posts the report that goes right before a request for a master's list (S8) */
  beforeRequest: (masterUrl: string) => Promise<void>
  /** told the `Server` of each list's answer; null where there was none */
  onAnswer: (masterUrl: string, server: string | null) => void
  /** what is relayed has changed */
  onChange: () => void
}

/** All that a server relays: what its masters list, and what its configuration says. */
export class Relaying {
  readonly relays: Relays
  #masters: Masters

  constructor({ config, beforeRequest, onAnswer, ...deps }: RelayingDeps) {
    this.relays = new Relays({
      ...deps,
      config,
      lookUp: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
      pull: (url, options, events) => new Pull(url, options, events),
      onEnded: () => this.#masters.hurry(),
    })
    this.#masters = new Masters({
      ...deps,
      fetch,
      beforeRequest,
      onAnswer,
      masters: () => config.masters,
      isKnown: (mount) => this.relays.has(mount),
      updateIntervalS: () => config.updateIntervalS,
      onLists: (merged, named) => this.relays.apply(merged, named),
    })
  }

  start(): void {
    this.relays.start()
    this.#masters.configure()
  }

  /** The configuration has changed: what it leaves as it was goes on. */
  configure(): void {
    this.relays.configure()
    this.#masters.configure()
  }

  /** Somebody asked for a mount that is not here; the masters may have a new one. */
  missed(mount: Mount): void {
    if (!this.relays.has(mount)) this.#masters.askForNew()
  }

  stop(): void {
    this.#masters.stop()
    this.relays.stop()
  }
}
