import type { FetchedObject } from '../../shared/hls/object-cache.ts'
import { FailOver } from '../../shared/http/fail-over.ts'
import { LastKnown } from '../../shared/last-known.ts'
import { limits } from '../../shared/limits.ts'
import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import type { Timers } from '../lib/timers.ts'
import type { Mounts } from '../mount/mounts.ts'
import { relayLimits } from './limits.ts'
import { Masters } from './lists/masters.ts'
import { fetchObject } from './pull/fetch-object.ts'
import type { StartPull } from './pull/pull.ts'
import type { LookUp } from './pull/reach.ts'
import { Relays } from './relays.ts'
import type { Upstream } from './upstreams/upstream.ts'

export interface RelayingDeps {
  config: OriginConfig
  mounts: Mounts
  timers: Timers
  /** monotonic clock, in ms */
  nowMs: () => number
  /** random numbers in [0, 1) */
  roll: () => number
  viaName: string
  fetch: typeof fetch
  /** the addresses of a host */
  lookUp: LookUp
  /** starts one attempt at a stream */
  pull: StartPull
  /** sends the report that precedes a request for a master's list (S8) */
  beforeRequest: (masterUrl: string) => Promise<void>
  /** called with the `Server` header of each list's answer; null if there was no answer */
  onAnswer: (masterUrl: string, server: string | null) => void
  /** the set of relayed mounts has changed */
  onChange: () => void
}

/** Everything that a server relays: mounts listed by its masters, and relays in its configuration. */
export class Relaying {
  readonly relays: Relays
  #masters: Masters
  /** which masters failed when they were asked for objects of HLS */
  #failOver: FailOver
  /** of mounts for which there were objects lately */
  #lately: LastKnown<Mount, readonly Upstream[]>
  #deps: Pick<RelayingDeps, 'config' | 'fetch' | 'lookUp'>

  constructor({ config, beforeRequest, onAnswer, ...deps }: RelayingDeps) {
    const { fetch, lookUp } = deps
    this.#deps = { config, fetch, lookUp }
    this.#failOver = new FailOver(deps.nowMs)
    this.#lately = new LastKnown(deps.nowMs, relayLimits.objectsLatelyMs, limits.reportMountsMax)
    this.relays = new Relays({
      ...deps,
      config,
      onEnded: () => this.#masters.hurry(),
    })
    this.#masters = new Masters({
      ...deps,
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

  /** The configuration has changed; relays that it leaves unchanged keep running. */
  configure(): void {
    this.relays.configure()
    this.#masters.configure()
  }

  /** A mount that is not here was requested; the masters may have a new one. */
  missed(mount: Mount): void {
    if (!this.relays.has(mount)) this.#masters.askForNew()
  }

  /**
   * An object of HLS of a mirrored mount, from its masters; of a mount that they do not list any more, from those that had it less than
   * a minute ago. @throws if none of them answers
   */
  async fetchObject(mount: Mount, path: string, bytesMax: number): Promise<FetchedObject> {
    const listed = this.relays.upstreamsOf(mount)
    const upstreams = listed.length > 0 ? listed : (this.#lately.get(mount) ?? [])
    const { config, fetch, lookUp } = this.#deps
    const object = await fetchObject(path, upstreams, {
      fetch,
      reach: { allowsInside: config.relayInside, lookUp },
      bytesMax,
      failOver: this.#failOver,
    })
    if (object.status === 200) this.#lately.note(mount, upstreams)
    return object
  }

  /** Whether masters had objects of a mount less than a minute ago, though they do not list it now. */
  wasMirrored(mount: Mount): boolean {
    return !this.relays.isMirrored(mount) && this.#lately.get(mount) !== undefined
  }

  stop(): void {
    this.#masters.stop()
    this.relays.stop()
  }
}
