import { FormatError } from '../format/limits.ts'
import { cleanInfo } from '../icy/clean.ts'
import type { Feed, FeedInfo } from './feed.ts'
import type { MountHolder } from './holder.ts'
import type { ActiveMount } from './mount.ts'

/** The writing end of a mount, held by its source or relay; after it is closed, writes have no effect. */
export class MountFeed implements Feed {
  #mounts: MountHolder
  #mount: ActiveMount
  #nowMs: () => number
  #closed = false

  constructor(mounts: MountHolder, mount: ActiveMount, nowMs: () => number) {
    this.#mounts = mounts
    this.#mount = mount
    this.#nowMs = nowMs
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
    this.#mount.interruptedAtMs = this.#nowMs()
    this.#mounts.changed()
  }

  resume(info: FeedInfo): void {
    if (this.#closed) return
    this.#mount.resume(cleanInfo(info))
    this.#mounts.changed()
  }

  breakOff(): void {
    if (!this.#closed) this.#mount.breakOff()
  }

  end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#mounts.remove(this.#mount)
  }

  /** Closes the feed from outside and tells its owner. */
  close(why: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#mount.info.onClosed?.(why)
  }
}
