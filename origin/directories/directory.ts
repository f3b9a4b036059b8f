import { getLogger } from '@logtape/logtape'
import { withoutLogins } from '../../shared/http/without-logins.ts'
import type { Mount } from '../../shared/mount.ts'
import { serverAgent } from '../../shared/version.ts'
import type { DirectorySettings } from '../config/xml/directory-settings.ts'
import { addForm, type PublicStream, removeForm, touchForm } from './form.ts'
import {
  type Listing,
  startListing,
  withAdded,
  withDirectoryFailure,
  withTitle,
  withTouched,
} from './listing.ts'
import { readReply, type YpReply } from './reply.ts'

const log = getLogger(['distributary', 'directory'])

export interface DirectoryDeps {
  nowMs: () => number
  fetch: typeof fetch
}

/** The current state of a public mount. */
export interface ListedMount {
  name: Mount
  /** distinguishes a mount that ended and began again */
  startedAtMs: number
  stream: PublicStream
}

interface Entry {
  mount: ListedMount
  listing: Listing
  /** the mount has ended; the directory knows, or is about to be told */
  ended: boolean
}

/** One directory (YP), and the listings of our mounts there. It gets one request at a time. */
export class Directory {
  readonly settings: DirectorySettings
  #deps: DirectoryDeps
  #entries = new Map<Mount, Entry>()
  #work = Promise.resolve()
  #busy = false

  constructor(settings: DirectorySettings, deps: DirectoryDeps) {
    this.settings = settings
    this.#deps = deps
  }

  /** Sends the directory the requests that are due; `mounts` are all public mounts now. */
  look(mounts: readonly ListedMount[]): void {
    const now = new Map(mounts.map((mount) => [mount.name, mount]))
    for (const { mount } of this.#entries.values())
      if (now.get(mount.name)?.startedAtMs !== mount.startedAtMs) this.#end(mount.name)
    for (const mount of mounts) this.#see(mount)
    if (!this.#busy) this.#tellDue()
  }

  /** Removes all mounts; resolves when the directory knows, or did not answer. */
  async leave(): Promise<void> {
    await this.#work
    for (const name of [...this.#entries.keys()]) this.#end(name)
    await this.#work
  }

  #see(mount: ListedMount): void {
    const entry = this.#entries.get(mount.name)
    if (!entry) {
      const listing = startListing(mount.startedAtMs)
      this.#entries.set(mount.name, { mount, listing, ended: false })
      return
    }
    if (entry.mount.stream.song !== mount.stream.song)
      entry.listing = withTitle(entry.listing, this.#deps.nowMs())
    entry.mount = mount
  }

  #tellDue(): void {
    const nowMs = this.#deps.nowMs()
    for (const entry of this.#entries.values())
      if (entry.listing.dueAtMs <= nowMs)
        this.#next(() =>
          entry.listing.sid === undefined ? this.#add(entry) : this.#touch(entry, entry.listing.sid),
        )
  }

  #end(name: Mount): void {
    const entry = this.#entries.get(name)
    if (!entry) return
    this.#entries.delete(name)
    entry.ended = true
    this.#next(() => this.#remove(entry))
  }

  /** Runs `tell` after all earlier requests. */
  #next(tell: () => Promise<void>): void {
    this.#busy = true
    const work: Promise<void> = this.#work.then(tell).finally(() => {
      if (this.#work === work) this.#busy = false
    })
    this.#work = work
  }

  async #add(entry: Entry): Promise<void> {
    if (entry.ended) return
    const reply = await this.#post(addForm(entry.mount.stream))
    const nowMs = this.#deps.nowMs()
    const { sid, touchMs = 0 } = reply?.accepted ? reply : { sid: undefined }
    if (sid === undefined) {
      entry.listing = withDirectoryFailure(entry.listing, reply ? 'refused' : 'unreachable', nowMs)
      this.#logFailure('not listed', entry, reply)
      return
    }
    entry.listing = withAdded(
      entry.listing,
      { sid, touchMs: Math.max(touchMs, this.settings.touchMs) },
      nowMs,
    )
    log.info('listed', { mount: entry.mount.name, directory: withoutLogins(this.settings.url) })
  }

  async #touch(entry: Entry, sid: string): Promise<void> {
    if (entry.ended) return
    const reply = await this.#post(touchForm(sid, entry.mount.stream))
    const nowMs = this.#deps.nowMs()
    if (reply?.accepted) {
      entry.listing = withTouched(entry.listing, nowMs)
      return
    }
    entry.listing = withDirectoryFailure(entry.listing, reply ? 'refused' : 'unreachable', nowMs)
    this.#logFailure('no longer listed', entry, reply)
  }

  async #remove({ listing: { sid }, mount }: Entry): Promise<void> {
    if (sid === undefined) return
    await this.#post(removeForm(sid))
    log.info('removed from the list', { mount: mount.name, directory: withoutLogins(this.settings.url) })
  }

  /** Undefined if there is no answer. */
  async #post(body: string): Promise<YpReply | undefined> {
    const { url, timeoutMs } = this.settings
    try {
      const answer = await this.#deps.fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'User-Agent': serverAgent },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      await answer.body?.cancel()
      return readReply(answer.headers, answer.status)
    } catch {
      return undefined
    }
  }

  #logFailure(what: string, { mount, listing }: Entry, reply: YpReply | undefined): void {
    const why = reply === undefined ? 'no answer' : reply.accepted ? 'no SID in its answer' : reply.why
    const againInS = Math.round((listing.dueAtMs - this.#deps.nowMs()) / 1000)
    log.warn(what, {
      mount: mount.name,
      directory: withoutLogins(this.settings.url),
      why: withoutLogins(why),
      againInS,
    })
  }
}
