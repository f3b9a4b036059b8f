import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { FormatError } from '../format/limits.ts'
import { limits } from '../limits.ts'
import type { Load } from '../load.ts'
import type { Timers } from '../timers.ts'
import type { Feed, FeedInfo } from './feed.ts'
import { ActiveMount } from './mount.ts'

export interface MountsDeps {
  config: Pick<OriginConfig, 'limits'>
  load: Load
  nowMs: () => number
  timers: Timers
  /** ids of listeners, unlike each other for as long as the program runs */
  nextId: () => number
}

/** The mounts of this server by name. */
export class Mounts {
  #deps: MountsDeps
  #mounts = new Map<Mount, { mount: ActiveMount; feed: MountFeed }>()
  #onChange: (() => void)[] = []

  constructor(deps: MountsDeps) {
    this.#deps = deps
  }

  get(name: Mount): ActiveMount | undefined {
    return this.#mounts.get(name)?.mount
  }

  /** By name. */
  list(): ActiveMount[] {
    const mounts = [...this.#mounts.values()].map(({ mount }) => mount)
    return mounts.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Begins a feed; `in use` where another feed holds the mount and may not be taken over. */
  open(name: Mount, info: FeedInfo): Feed | 'in use' {
    const held = this.#mounts.get(name)
    if (held && !this.#mayTakeOver(held.mount, info)) return 'in use'
    held?.feed.close('taken over')
    const mount = held?.mount ?? new ActiveMount(name, info, this.#deps)
    if (held) mount.resume(info)
    const feed = new MountFeed(this, mount, this.#deps)
    this.#mounts.set(name, { mount, feed })
    this.changed()
    return feed
  }

  /** Ends a mount from outside; false where there is none of that name. */
  kill(name: Mount, why: string): boolean {
    const held = this.#mounts.get(name)
    held?.feed.close(why)
    if (held) this.remove(held.mount)
    return held !== undefined
  }

  /** Ends every source that has been silent for too long; relays are watched by those who run them. */
  dropSilent(): void {
    const { nowMs, config } = this.#deps
    for (const { mount } of this.#mounts.values())
      if (mount.kind === 'source' && nowMs() - mount.heardAtMs > config.limits.sourceTimeoutMs)
        this.kill(mount.name, 'source timeout')
  }

  /** Calls back when a mount came, went, or changed what a report says of it other than counts. */
  onChange(listener: () => void): void {
    this.#onChange.push(listener)
  }

  changed(): void {
    for (const listener of this.#onChange) listener()
  }

  /** Takes a mount out and ends it; nothing where another has its name by now. */
  remove(mount: ActiveMount): void {
    if (this.#mounts.get(mount.name)?.mount !== mount) return
    this.#mounts.delete(mount.name)
    mount.end()
    this.changed()
  }

  /** Sources lose their link before we see it, and come back: their own credentials need not wait for the time-out. */
  #mayTakeOver(mount: ActiveMount, { kind, owner }: FeedInfo): boolean {
    if (kind !== 'source' || mount.kind !== 'source' || owner !== mount.info.owner) return false
    return this.#deps.nowMs() - mount.heardAtMs >= limits.takeoverSilenceMs
  }
}

/** The end of a mount that its source or relay holds; once closed, what it writes goes nowhere. */
class MountFeed implements Feed {
  #mounts: Mounts
  #mount: ActiveMount
  #deps: MountsDeps
  #closed = false

  constructor(mounts: Mounts, mount: ActiveMount, deps: MountsDeps) {
    this.#mounts = mounts
    this.#mount = mount
    this.#deps = deps
  }

  push(bytes: Uint8Array): void {
    if (this.#closed) return
    try {
      this.#mount.push(bytes)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.#mounts.kill(this.#mount.name, error.message)
    }
  }

  setTitle(title: string, url?: string): void {
    if (!this.#closed) this.#mount.setTitle({ title, url: url || undefined })
  }

  interrupt(): void {
    if (this.#closed) return
    this.#mount.interruptedAtMs = this.#deps.nowMs()
    this.#mounts.changed()
  }

  resume(info: FeedInfo): void {
    if (this.#closed) return
    this.#mount.resume(info)
    this.#mounts.changed()
  }

  end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#mounts.remove(this.#mount)
  }

  /** Closed from outside: tells whoever holds it. */
  close(why: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#mount.info.onClosed?.(why)
  }
}
