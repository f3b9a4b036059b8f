import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { RelaySettings } from '../config/xml/relay-settings.ts'
import type { Mounts, OnDemand } from '../mount/mounts.ts'
import { relayLimits } from './limits.ts'
import { planOfBlock, planOfListed, type RelayPlan } from './plan.ts'
import type { LookUp } from './pull/reach.ts'
import { Relay, type RelayDeps } from './relay.ts'
import { Turns } from './turns.ts'
import { keyOf, type Upstream } from './upstreams/upstream.ts'

export interface RelaysDeps
  extends Pick<RelayDeps, 'timers' | 'nowMs' | 'pull' | 'roll' | 'viaName' | 'onEnded'> {
  mounts: Mounts
  config: Pick<OriginConfig, 'onDemand' | 'relayInside' | 'limits' | 'mounts' | 'relays'>
  lookUp: LookUp
  /** the set of mirrored mounts has changed */
  onChange: () => void
}

/**
 * All relays of this server: those in its masters' lists, which it mirrors (S6), and those in its own configuration.
 */
export class Relays implements OnDemand {
  #deps: RelaysDeps
  #relays = new Map<Mount, Relay>()
  #blocks = new Map<Mount, RelaySettings>()
  #listed: ReadonlyMap<Mount, readonly Upstream[]> = new Map()
  /** mirrored mounts that are no longer listed, with the time since when (ms) */
  #unlisted = new Map<Mount, number>()
  /** on-demand relays without a listener at the last check */
  #unused = new Set<Mount>()
  #cancelLook = () => {}
  #turns: Turns
  #isDropDue = false
  /** new mounts not started yet: a list of thousands is started in turns */
  #fresh = new Set<Mount>()

  constructor(deps: RelaysDeps) {
    this.#deps = deps
    this.#turns = new Turns(deps.timers)
    deps.mounts.onChange(() => this.#dropSoon())
  }

  /** Starts the relays of the configuration; called once. */
  start(): void {
    this.configure()
    this.#look()
  }

  /** Mounts that wait for their first listener; they are in lists and reports too. */
  idle(): Mount[] {
    return [...this.#relays.keys()].filter((mount) => this.isIdle(mount))
  }

  /** Whether a mount is relayed, running or not. */
  has(mount: Mount): boolean {
    return this.#relays.has(mount)
  }

  /** Whether a mount waits for its first listener. */
  isIdle(mount: Mount): boolean {
    return this.#relays.get(mount)?.plan.onDemand === true && !this.#deps.mounts.get(mount)
  }

  /**
   * Whether a mount is mirrored from a master (S6), running or not. A configured relay counts if the masters' lists name
   * one of its upstreams for this mount.
   */
  isMirrored(mount: Mount): boolean {
    const relay = this.#relays.get(mount)
    if (!relay || this.#unlisted.has(mount)) return relay !== undefined
    // each request of a listener by HLS asks, nearly always about one upstream: nothing is made for it
    const listed = this.#listed.get(mount) ?? []
    return relay.plan.upstreams.some((upstream) => listed.some((each) => keyOf(each) === keyOf(upstream)))
  }

  /** Where a mirrored mount can be had from, in order; empty if it is not mirrored. */
  upstreamsOf(mount: Mount): readonly Upstream[] {
    return this.isMirrored(mount) ? (this.#listed.get(mount) ?? []) : []
  }

  /** Applies the `<relay>` blocks; relays whose block has not changed keep running. */
  configure(): void {
    const { config } = this.#deps
    const before = this.#blocks
    this.#blocks = new Map(config.relays.map((block) => [block.mount, block]))
    for (const mount of before.keys())
      if (!this.#blocks.has(mount) && !this.#listed.has(mount)) this.#end(mount)
    this.#planAll([...this.#relays.keys(), ...this.#blocks.keys()])
  }

  /**
   * Applies the masters' merged list: new mounts start (S7), mounts no longer listed end. A mount that runs, or has
   * just lost its connection, is kept as long as a silent source: its master, or the edge that made the list, may have
   * restarted.
   * @param named the mounts in the list that has just arrived; none of them waits for its next attempt
   */
  apply(listed: ReadonlyMap<Mount, readonly Upstream[]>, named: Iterable<Mount>): void {
    const { nowMs, timers, config } = this.#deps
    const before = this.#listed
    this.#listed = listed
    const gone = [...before.keys()].filter(
      (mount) => !listed.has(mount) && !this.#blocks.has(mount) && this.#relays.has(mount),
    )
    for (const mount of gone) this.#unlisted.set(mount, nowMs())
    if (gone.length > 0) timers.after(config.limits.sourceTimeoutMs, () => this.#dropUnlisted())
    this.#planAll(listed.keys())
    for (const mount of named) this.#relays.get(mount)?.retryNow()
    this.#dropUnlisted()
  }

  /** Starts a relay for its first listener; false if there is none, or the stream cannot be had. */
  async demand(mount: Mount): Promise<boolean> {
    return (await this.#relays.get(mount)?.demand()) ?? false
  }

  /** Stops all relays. */
  stop(): void {
    this.#cancelLook()
    this.#fresh.clear()
    for (const mount of [...this.#relays.keys()]) this.#end(mount)
  }

  #planOf(mount: Mount): RelayPlan | undefined {
    const { config } = this.#deps
    const block = this.#blocks.get(mount)
    if (block) return planOfBlock(block, config)
    const upstreams = this.#listed.get(mount)
    return upstreams && planOfListed(upstreams, config)
  }

  #planAll(mounts: Iterable<Mount>): void {
    const isUnderWay = this.#fresh.size > 0
    for (const mount of mounts) {
      const plan = this.#planOf(mount)
      if (!plan) continue
      this.#unlisted.delete(mount)
      const relay = this.#relays.get(mount)
      if (relay) relay.replan(plan)
      else this.#fresh.add(mount)
    }
    if (!isUnderWay) this.#beginSome()
  }

  #beginSome(): void {
    let count = 0
    for (const mount of this.#fresh) {
      if (count === relayLimits.planSlice) break
      this.#fresh.delete(mount)
      const plan = this.#planOf(mount) // another list may have arrived since
      if (!plan || this.#relays.has(mount)) continue
      this.#begin(mount, plan)
      count++
    }
    if (count > 0) this.#deps.onChange()
    if (this.#fresh.size > 0) this.#deps.timers.soon(() => this.#beginSome())
  }

  #begin(mount: Mount, plan: RelayPlan): void {
    const { mounts, config } = this.#deps
    const relay = new Relay(mount, plan, {
      ...this.#deps,
      reach: () => ({ allowsInside: config.relayInside, lookUp: this.#deps.lookUp }),
      silenceMs: () => this.#sourceTimeoutMs(mount),
      holdMs: () => this.#holdMs(mount),
      isMissed: () => mounts.isMissed(mount),
      hasRoom: () => mounts.count + this.#turns.underWay < config.limits.sources,
      turns: this.#turns,
    })
    this.#relays.set(mount, relay)
    if (!plan.onDemand) relay.start()
  }

  #sourceTimeoutMs(mount: Mount): number {
    const { config } = this.#deps
    return mountSettings(config, mount).sourceTimeoutMs ?? config.limits.sourceTimeoutMs
  }

  /** Listeners that a fallback plays to, and that are moved back later, need not wait for the whole silence timeout. */
  #holdMs(mount: Mount): number {
    const { config, mounts } = this.#deps
    const timeoutMs = this.#sourceTimeoutMs(mount)
    const { fallback } = mountSettings(config, mount)
    const hasStandIn = fallback && fallback.override !== 'none' && mounts.find(fallback.mount) !== undefined
    return hasStandIn ? Math.min(timeoutMs, relayLimits.holdMsMax) : timeoutMs
  }

  #end(mount: Mount): void {
    const relay = this.#relays.get(mount)
    this.#relays.delete(mount)
    this.#unlisted.delete(mount)
    this.#unused.delete(mount)
    relay?.stop()
    if (relay) this.#deps.onChange()
  }

  /** Whether a mount is kept for its listeners without receiving bytes. */
  #isLost(mount: Mount): boolean {
    const live = this.#deps.mounts.get(mount)
    return live?.kind === 'relay' && live.interruptedAtMs !== undefined
  }

  /** Mounts come and go by the thousand when a list changes: handles all current changes at once. */
  #dropSoon(): void {
    if (this.#isDropDue || this.#unlisted.size === 0) return
    this.#isDropDue = true
    this.#deps.timers.soon(() => {
      this.#isDropDue = false
      this.#dropUnlisted()
    })
  }

  /** Ends mounts that are no longer listed, unless they receive bytes or have waiting listeners. */
  #dropUnlisted(): void {
    const { nowMs, config } = this.#deps
    for (const [mount, sinceMs] of this.#unlisted) {
      const isRunning = this.#relays.get(mount)?.isRunning === true
      const isRecent = nowMs() - sinceMs < config.limits.sourceTimeoutMs
      if (!this.#isLost(mount) && !(isRunning && isRecent)) this.#end(mount)
    }
  }

  /** Checks periodically whether on-demand relays have listeners, and whether idle ones would. */
  #look(): void {
    this.#cancelLook = this.#deps.timers.after(relayLimits.idleLookMs, () => {
      for (const relay of this.#relays.values()) if (relay.plan.onDemand) this.#watch(relay)
      this.#look()
    })
  }

  /** Stops a relay without a listener at two checks in a row: its first listener joins a moment after its start. */
  #watch(relay: Relay): void {
    const { mounts } = this.#deps
    const { mount, isStarted } = relay
    const live = mounts.get(mount)
    const isHeard = relay.isAwaited || (live !== undefined && live.listeners + live.relays > 0)
    if (isHeard || mounts.isMissed(mount)) {
      this.#unused.delete(mount)
      if (!isStarted) void relay.demand()
    } else if (!isStarted) this.#unused.delete(mount)
    else if (this.#unused.delete(mount)) relay.stop()
    else this.#unused.add(mount)
  }
}
