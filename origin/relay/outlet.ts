import type { Mount } from '../../shared/mount.ts'
import { formatOf } from '../format/formats.ts'
import type { Sink } from '../icy/deinterleaver.ts'
import type { Feed, FeedInfo } from '../mount/feed.ts'
import type { Mounts } from '../mount/mounts.ts'
import type { Timers } from '../timers.ts'
import { relayLimits } from './limits.ts'
import type { Line } from './line.ts'
import { seamAt } from './seam.ts'

export interface OutletDeps {
  mounts: Pick<Mounts, 'get' | 'open'>
  timers: Timers
  /** ms for which listeners wait for the next line */
  holdMs: () => number
  /** closed from outside, as by an admin, or because no bytes came for too long */
  onClosed: (why: string) => void
}

/** The mount's end of a relay: one line after the other feeds it, and listeners hear one stream. */
export class Outlet {
  #mount: Mount
  #deps: OutletDeps
  #feed: Feed | undefined
  /** the upstream that fed it last */
  #fedBy: string | undefined
  /** undefined while bytes come */
  #cancelEnd: (() => void) | undefined
  #cancelSettle = () => {}

  constructor(mount: Mount, deps: OutletDeps) {
    this.#mount = mount
    this.#deps = deps
  }

  /** whether there is a mount, fed or waiting */
  get isOpen(): boolean {
    return this.#feed !== undefined
  }

  /** Why what a line brings cannot follow what listeners hear; undefined where it can. */
  refusalOf({ reply, key }: Line): string | undefined {
    // the same server may begin another stream, but another one with another codec is no stand-in
    if (!this.#feed || key === this.#fedBy) return undefined
    const ours = formatOf(this.#deps.mounts.get(this.#mount)?.contentType ?? '')
    const theirs = formatOf(reply?.contentType ?? '')
    return ours === theirs ? undefined : `it sends ${theirs}, and listeners hear ${ours}`
  }

  /** A line feeds the mount from here on; false where something else holds that. */
  take(line: Line): boolean {
    const info = this.#infoOf(line)
    const resumed = this.#feed
    const feed = resumed ?? this.#deps.mounts.open(this.#mount, info)
    if (feed === 'in use') return false
    this.#feed = feed
    this.#fedBy = line.key
    const passOn: Sink = {
      audio: (bytes) => {
        this.#stay()
        feed.push(bytes)
      },
      metadata: ({ title, url }) => feed.setTitle(title, url),
    }
    line.deliver(resumed ? this.#join(resumed, info, passOn, line) : passOn)
    return true
  }

  /** The line is lost: the mount waits for another one, and ends where none brings bytes. */
  interrupt(): void {
    const { timers, holdMs, onClosed } = this.#deps
    this.#cancelSettle()
    if (!this.#feed) return
    this.#feed.interrupt()
    this.#cancelEnd ??= timers.after(holdMs(), () => {
      this.end()
      onClosed('no bytes in time')
    })
  }

  /** Ends the mount; its listeners are closed, or fall back. */
  end(): void {
    this.#stay()
    this.#cancelSettle()
    this.#feed?.end()
    this.#feed = undefined
  }

  /** Bytes come, or nothing is left to end. */
  #stay(): void {
    this.#cancelEnd?.()
    this.#cancelEnd = undefined
  }

  #join(feed: Feed, info: FeedInfo, passOn: Sink, { heldBytes }: Line): Sink {
    const { mounts, timers } = this.#deps
    const seam = seamAt(mounts.get(this.#mount), feed, info.contentType, passOn)
    feed.resume(info)
    const settle = (ms: number) => {
      this.#cancelSettle = timers.after(ms, () => {
        if (!seam.settle()) settle(relayLimits.spliceMs)
      })
    }
    this.#cancelSettle()
    // what was held is a whole burst
    settle(heldBytes > 0 ? 0 : relayLimits.spliceMs)
    return seam
  }

  #infoOf({ reply, upstream }: Line): FeedInfo {
    const headers = new Map(reply?.head.headers)
    headers.delete('icy-metaint')
    return {
      kind: 'relay',
      contentType: reply?.contentType ?? '',
      headers,
      owner: upstream.url.origin,
      address: reply?.at.hostname,
      onClosed: (why) => {
        this.#feed = undefined
        this.#stay()
        this.#cancelSettle()
        this.#deps.onClosed(why)
      },
    }
  }
}
