import type { Mount } from '../../shared/mount.ts'
import { cleanInfo } from '../icy/clean.ts'
import { limits } from '../limits.ts'
import { Dump } from '../media/dump.ts'
import { IntroFiles } from '../media/intro-files.ts'
import type { MountsDeps } from './deps.ts'
import { type Findable, type Found, find } from './fallbacks.ts'
import type { Feed, FeedInfo } from './feed.ts'
import { FileMounts } from './file-mounts.ts'
import type { MountHolder } from './holder.ts'
import { ActiveMount } from './mount.ts'
import { MountFeed } from './mount-feed.ts'
import { Moves } from './moves.ts'

/** Relays that run while somebody listens. */
export interface OnDemand {
  /** whether a relay of this name exists and is not running */
  isIdle(name: Mount): boolean
  /** Starts it; false if the stream cannot be had. */
  demand(name: Mount): Promise<boolean>
}

const noneOnDemand: OnDemand = { isIdle: () => false, demand: () => Promise.resolve(false) }

/** The mounts of this server by name. */
export class Mounts implements MountHolder {
  /** set by the code that runs relays */
  onDemand = noneOnDemand
  #deps: MountsDeps
  #mounts = new Map<Mount, { mount: ActiveMount; feed: MountFeed }>()
  #onChange: (() => void)[] = []
  #onTold: (() => void)[] = []
  #files: FileMounts
  #moves: Moves
  #dumps = new WeakMap<ActiveMount, Dump>()

  constructor(deps: MountsDeps) {
    const { nowMs, timers, config } = deps
    const webroot = () => config.paths?.webroot
    const onTold = () => {
      for (const listener of this.#onTold) listener()
    }
    this.#deps = { intros: new IntroFiles(webroot), onTold, mountCount: () => this.#mounts.size, ...deps }
    this.#files = new FileMounts({
      nowMs,
      timers,
      webroot,
      create: (name, info) => new ActiveMount(name, info, deps),
    })
    this.#moves = new Moves({
      ...this.#findable,
      playing: (name) => this.get(name) ?? this.#files.get(name),
      begin: (found) => this.begin(found),
      nowMs,
    })
  }

  get(name: Mount): ActiveMount | undefined {
    return this.#mounts.get(name)?.mount
  }

  /** number of sources and relays that feed a mount */
  get count(): number {
    return this.#mounts.size
  }

  /**
   * What plays when a mount is requested: its own feed, or one of its fallbacks.
   * @param failed names that could not be started
   */
  find(name: Mount, failed: readonly Mount[] = []): Found | undefined {
    return find(name, this.#findable, failed)
  }

  /** Starts what was found and is not running yet; undefined if that fails. */
  async begin(found: Exclude<Found, { kind: 'live' }>): Promise<ActiveMount | undefined> {
    if (found.kind === 'file') return this.#files.begin(found.name)
    return (await this.onDemand.demand(found.name)) ? this.get(found.name) : undefined
  }

  /** Whether a listener in a fallback of this mount would be moved back to it (`fallback-override`). */
  isMissed(name: Mount): boolean {
    return this.#moves.isMissed(name)
  }

  /**
   * Moves all listeners of a mount to another, on their existing connections (`moveclients`). An on-demand relay is
   * started first.
   */
  move(from: Mount, to: Mount): 'moved' | 'unknown' | 'not running' {
    const [source, destination] = [this.get(from), this.get(to)]
    if (!source) return 'unknown'
    if (!destination && !this.onDemand.isIdle(to)) return 'unknown'
    if (destination?.interruptedAtMs !== undefined) return 'not running'
    if (destination) this.#moves.move(source, destination)
    else this.#moves.moveToIdle(source, { kind: 'idle', name: to })
    return 'moved'
  }

  /** By name. */
  list(): ActiveMount[] {
    const mounts = [...this.#mounts.values()].map(({ mount }) => mount)
    return mounts.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Opens a feed; `in use` if another feed holds the mount and may not be taken over. */
  open(name: Mount, told: FeedInfo): Feed | 'in use' {
    const info = cleanInfo(told)
    const held = this.#mounts.get(name)
    if (held && !this.#mayTakeOver(held.mount, info)) return 'in use'
    held?.feed.close('taken over')
    const mount = held?.mount ?? this.#create(name, info)
    if (held) mount.resume(info)
    const feed = new MountFeed(this, mount, this.#deps.nowMs)
    this.#mounts.set(name, { mount, feed })
    this.#deps.load.countFeed(info.kind)
    this.changed()
    return feed
  }

  /** Ends a mount from outside; false if there is none of that name. */
  kill(name: Mount, why: string): boolean {
    const held = this.#mounts.get(name)
    held?.feed.close(why)
    if (held) this.remove(held.mount)
    return held !== undefined
  }

  /** Ends every source that has been silent for too long; relays watch themselves. */
  dropSilent(): void {
    const { nowMs, config } = this.#deps
    for (const { mount } of this.#mounts.values()) {
      const timeoutMs = mount.settings.sourceTimeoutMs ?? config.limits.sourceTimeoutMs
      if (mount.kind === 'source' && nowMs() - mount.heardAtMs > timeoutMs)
        this.kill(mount.name, 'source timeout')
    }
  }

  /**
   * Closes connections whose time limit has passed (`max-listener-duration`, or set by authentication), and files
   * without listeners.
   */
  expire(): void {
    const nowMs = this.#deps.nowMs()
    for (const { mount } of this.#mounts.values()) mount.expire(nowMs)
    for (const mount of this.#files.list()) mount.expire(nowMs)
    this.#files.rest()
  }

  /** Calls back when a mount starts, ends, or changes in what a report says about it, except counts. */
  onChange(listener: () => void): void {
    this.#onChange.push(listener)
  }

  /** Calls back when a mount's title or stream header changes. */
  onTold(listener: () => void): void {
    this.#onTold.push(listener)
  }

  changed(): void {
    for (const listener of this.#onChange) listener()
  }

  /**
   * Removes a mount and ends it, moving its listeners to its fallback; does nothing if another mount has its name by
   * now.
   */
  remove(mount: ActiveMount): void {
    if (this.#mounts.get(mount.name)?.mount !== mount) return
    this.#mounts.delete(mount.name)
    this.#moves.rescue(mount)
    this.#dumps.get(mount)?.end()
    this.changed()
  }

  /**
   * A source may lose its link before the server notices, and reconnect: the same credentials need not wait for the
   * time-out.
   */
  #mayTakeOver(mount: ActiveMount, { kind, owner }: FeedInfo): boolean {
    if (kind !== 'source' || mount.kind !== 'source' || owner !== mount.info.owner) return false
    return this.#deps.nowMs() - mount.heardAtMs >= limits.takeoverSilenceMs
  }

  #create(name: Mount, info: FeedInfo): ActiveMount {
    const { dumpFile } = this.#deps.settings(name)
    const dump = dumpFile === undefined ? undefined : new Dump(dumpFile, new Date())
    const recall = this.#moves.recallsTo(() => mount)
    const mount: ActiveMount = new ActiveMount(name, info, this.#deps, (bytes) => {
      recall()
      dump?.push(bytes)
      return dump !== undefined
    })
    if (dump) this.#dumps.set(mount, dump)
    return mount
  }

  get #findable(): Findable {
    return {
      live: (name) => this.get(name),
      isIdle: (name) => this.onDemand.isIdle(name),
      isFile: (name) => this.#files.isFile(name),
      fallbackOf: (name) => this.#deps.settings(name).fallback,
    }
  }
}
