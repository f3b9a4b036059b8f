import type { Mount } from '../../shared/mount.ts'
import { printMount } from '../../shared/mount.ts'
import type { StreamListEntry } from '../../shared/stream-list.ts'
import type { Mounts } from '../mount/mounts.ts'
import type { Timers } from '../timers.ts'
import { relayLimits } from './limits.ts'
import type { StartPull } from './pull.ts'
import { Relay, type RelayDeps } from './relay.ts'

export interface RelaysDeps {
  mounts: Mounts
  timers: Timers
  nowMs: () => number
  pull: StartPull
  roll: () => number
  sourceTimeoutMs: () => number
  /** the relay's credentials as a header's value */
  authorization: () => string
  /** the masters of the configuration, which always may see the credentials */
  masterUrls: () => readonly string[]
  onDemand: () => boolean
  /** a relay that ran has ended */
  onEnded: () => void
  /** what is mirrored has changed */
  onChange: () => void
}

/** The mounts that this slave mirrors (S6): those of its master's list, each with a relay. */
export class Relays {
  #deps: RelaysDeps
  #relays = new Map<Mount, Relay>()
  /** no longer on the list, and since when (ms) */
  #unlisted = new Map<Mount, number>()
  /** origins that the list names: they may see the credentials */
  #named = new Set<string>()
  /** on demand, and without a listener at the last look */
  #unused = new Set<Mount>()
  #cancelLook = () => {}

  constructor(deps: RelaysDeps) {
    this.#deps = deps
    deps.mounts.onChange(() => this.#dropUnlisted())
    this.#look()
  }

  /** The mirrored mounts that no listener has asked for yet; they are in the report too. */
  idle(): Mount[] {
    return [...this.#relays.values()].filter((relay) => !relay.isStarted).map(({ mount }) => mount)
  }

  /** Whether a mount is mirrored, running or not. */
  has(mount: Mount): boolean {
    return this.#relays.has(mount)
  }

  /**
   * Takes over a stream list: new mounts begin (S7), those that are gone end. One that runs or only just lost its
   * connection is given as long as a silent source: its master, or the edge that made the list, may have restarted.
   */
  apply(entries: readonly StreamListEntry[], listUrl: string): void {
    const { nowMs, timers, sourceTimeoutMs, onChange } = this.#deps
    this.#named = new Set(entries.flatMap(({ base }) => (base === undefined ? [] : [base])))
    const listed = new Set<Mount>()
    let began = false
    for (const { mount, base } of entries) {
      listed.add(mount)
      const url = new URL(printMount(mount), base ?? listUrl)
      const relay = this.#relays.get(mount)
      if (relay) {
        relay.url = url
        relay.retryNow()
      } else began = this.#begin(mount, url)
      this.#unlisted.delete(mount)
    }
    for (const mount of this.#relays.keys())
      if (!listed.has(mount) && !this.#unlisted.has(mount)) {
        this.#unlisted.set(mount, nowMs())
        timers.after(sourceTimeoutMs(), () => this.#dropUnlisted())
      }
    this.#dropUnlisted()
    if (began) onChange()
  }

  /** Starts a relay for its first listener; false where the mount is not mirrored or cannot be had. */
  async demand(mount: Mount): Promise<boolean> {
    return (await this.#relays.get(mount)?.demand()) ?? false
  }

  /** Ends them all. */
  stop(): void {
    this.#cancelLook()
    for (const [mount, relay] of this.#relays) this.#end(mount, relay)
  }

  #begin(mount: Mount, url: URL): true {
    const relay = new Relay(mount, url, this.#relayDeps())
    this.#relays.set(mount, relay)
    if (!this.#deps.onDemand()) relay.start()
    return true
  }

  #end(mount: Mount, relay: Relay): void {
    this.#relays.delete(mount)
    this.#unlisted.delete(mount)
    this.#unused.delete(mount)
    relay.stop()
    this.#deps.onChange()
  }

  #relayDeps(): RelayDeps {
    const { mounts, timers, pull, roll, sourceTimeoutMs, authorization, masterUrls, onEnded } = this.#deps
    const authorizationFor = (origin: string) =>
      masterUrls().includes(origin) || this.#named.has(origin) ? authorization() : undefined
    return { mounts, timers, pull, roll, sourceTimeoutMs, authorizationFor, onEnded }
  }

  /** Whether a mount is kept for its listeners, without bytes coming in. */
  #isLost(mount: Mount): boolean {
    const live = this.#deps.mounts.get(mount)
    return live?.kind === 'relay' && live.interruptedAtMs !== undefined
  }

  /** Ends those that are off the list, once neither their bytes nor their waiting listeners speak for them. */
  #dropUnlisted(): void {
    const { nowMs, sourceTimeoutMs } = this.#deps
    for (const [mount, sinceMs] of this.#unlisted) {
      const relay = this.#relays.get(mount)
      const kept = this.#isLost(mount) || (relay?.isRunning && nowMs() - sinceMs < sourceTimeoutMs())
      if (relay && !kept) this.#end(mount, relay)
    }
  }

  /** Looks now and then whether relays on demand still have listeners. */
  #look(): void {
    this.#cancelLook = this.#deps.timers.after(relayLimits.idleLookMs, () => {
      if (this.#deps.onDemand()) for (const relay of this.#relays.values()) this.#restIfIdle(relay)
      this.#look()
    })
  }

  /** Stops a relay that had no listener at two looks in a row: between its start and its first listener lies a moment. */
  #restIfIdle(relay: Relay): void {
    const { mount } = relay
    const live = this.#deps.mounts.get(mount)
    const used = relay.isAwaited || (live !== undefined && live.listeners + live.relays > 0)
    if (used || !relay.isStarted) this.#unused.delete(mount)
    else if (this.#unused.delete(mount)) relay.stop()
    else this.#unused.add(mount)
  }
}
