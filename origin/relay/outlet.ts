import type { Mount } from '../../shared/mount.ts'
import { formatOf } from '../format/formats.ts'
import type { Sink } from '../icy/deinterleaver.ts'
import type { Timers } from '../lib/timers.ts'
import type { Feed, FeedInfo } from '../mount/feed.ts'
import type { Mounts } from '../mount/mounts.ts'
import { relayLimits } from './limits.ts'
import type { Line } from './pull/line.ts'
import { seamAt } from './seam/seam.ts'
import type { Splicer } from './seam/splicer.ts'

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
  /** where the newest line joins what the mount has */
  #seam: Splicer | undefined

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
    const mount = this.#deps.mounts.get(this.#mount)
    const theirs = reply?.contentType ?? ''
    if (!mount || mount.mayBe(theirs)) return undefined
    return `it sends ${formatOf(theirs)}, and listeners hear ${mount.format}`
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
      audio: (bytes) => feed.push(bytes),
      metadata: ({ title, url }) => feed.setTitle(title, url),
    }
    this.#closeSeam()
    const sink = resumed ? this.#join(resumed, info, passOn, line) : passOn
    line.deliver({
      // what waits at a seam is life too
      audio: (bytes) => {
        this.#stay()
        sink.audio(bytes)
      },
      metadata: (metadata) => sink.metadata(metadata),
    })
    return true
  }

  /** The line is lost: the mount waits for another one, and ends where none brings bytes. */
  interrupt(): void {
    const { timers, holdMs, onClosed } = this.#deps
    this.#closeSeam()
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
    this.#closeSeam()
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
    this.#seam = seam
    feed.resume(info)
    const settle = (ms: number, leftMs: number) => {
      this.#cancelSettle = timers.after(ms, () => {
        if (seam.settle()) return
        if (leftMs <= 0) seam.goOn()
        else settle(relayLimits.spliceMs, leftMs - relayLimits.spliceMs)
      })
    }
    // what was held is a whole burst
    settle(heldBytes > 0 ? 0 : relayLimits.spliceMs, relayLimits.behindMsMax)
    return seam
  }

  /** Nothing more comes through it: what it holds that is new is heard, however little. */
  #closeSeam(): void {
    this.#cancelSettle()
    this.#seam?.settle()
    this.#seam = undefined
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
        this.#closeSeam()
        this.#deps.onClosed(why)
      },
    }
  }
}
