import { limits } from '../../limits.ts'
import type { Mount } from '../../mount.ts'
import { followsMasters, isLive } from '../server.ts'
import type { Groups } from './groups.ts'
import type { Host } from './host.ts'
import { createEntry, type Entry } from './mount-view.ts'

/** The mounts that some server carries or has carried lately, by name. */
export class KnownMounts {
  readonly #entries = new Map<Mount, Entry>()
  readonly #groups: Groups
  readonly #hosts: ReadonlyMap<string, Host>
  readonly #namesKeptMax: number
  /** mounts so far */
  #numbered = 0
  /** how many of them have no carrier */
  #uncarried = 0

  /**
   * @param hosts the servers of the view by id
   * @param namesKeptMax mounts without a carrier that are kept at the most
   */
  constructor(groups: Groups, hosts: ReadonlyMap<string, Host>, namesKeptMax: number) {
    this.#groups = groups
    this.#hosts = hosts
    this.#namesKeptMax = namesKeptMax
  }

  get all(): ReadonlyMap<Mount, Entry> {
    return this.#entries
  }

  get(mount: Mount): Entry | undefined {
    return this.#entries.get(mount)
  }

  /** A mount, known from now on. */
  know(mount: Mount): Entry {
    let entry = this.#entries.get(mount)
    if (!entry) {
      entry = createEntry(mount, ++this.#numbered, this.#hosts)
      this.#entries.set(mount, entry)
      this.#groups.unsettle(entry)
      this.#uncarried++
    }
    return entry
  }

  /** A mount's carriers are about to become, or have become, more than none or none. */
  noteCarried(isCarried: boolean): void {
    this.#uncarried += isCarried ? -1 : 1
  }

  /** A server has reported the mount then, which may not carry it any more. */
  touch(entry: Entry, atMs: number): void {
    entry.touchedAtMs = Math.max(entry.touchedAtMs, atMs)
  }

  /** Whether a server reported the mount in the last five minutes, or a live server with a longer interval carries it. */
  isKnown(mount: Mount, nowMs: number): boolean {
    const entry = this.#entries.get(mount)
    if (!entry) return false
    if (nowMs - entry.touchedAtMs <= limits.mountMemoryMs) return true
    for (const server of entry.carriers.servers()) {
      if (followsMasters(server)) continue
      const isRecent = nowMs - server.receivedAtMs <= limits.mountMemoryMs
      if (isRecent) this.touch(entry, server.receivedAtMs)
      if (isRecent || isLive(server, nowMs)) return true
    }
    return false
  }

  /** Forgets mounts that have no carrier and were not reported lately. */
  prune(nowMs: number): void {
    for (const [mount, entry] of this.#entries)
      if (entry.carriers.size === 0 && !this.isKnown(mount, nowMs)) this.#forget(entry)
  }

  /** Forgets all mounts without a carrier once there are too many: no listener needs a hundred thousand short-lived names. */
  bound(): void {
    if (this.#uncarried <= this.#namesKeptMax) return
    for (const entry of this.#entries.values()) if (entry.carriers.size === 0) this.#forget(entry)
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.mount)
    this.#uncarried--
    this.#groups.forget(entry)
  }
}
