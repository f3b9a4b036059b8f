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
  /** ms that listeners wait for the next line */
  holdMs: () => number
  /** closed from outside, for example by an admin, or because no bytes arrived for too long */
  onClosed: (why: string) => void
}

/** A relay's connection to its mount: lines feed it one after the other, and listeners hear one stream. */
export class Outlet {
  #mount: Mount
  #deps: OutletDeps
  #feed: Feed | undefined
  /** key of the upstream that fed it last */
  #fedBy: string | undefined
  /** undefined while bytes arrive */
  #cancelEnd: (() => void) | undefined
  #cancelSettle = () => {}
  /** joins the newest line to the mount's bytes */
  #seam: Splicer | undefined

  constructor(mount: Mount, deps: OutletDeps) {
    this.#mount = mount
    this.#deps = deps
  }

  /** whether the mount exists, fed or waiting */
  get isOpen(): boolean {
    return this.#feed !== undefined
  }

  /** Why a line's stream cannot follow what listeners hear; undefined if it can. */
  refusalOf({ reply, key }: Line): string | undefined {
    // the same server may start another stream, but another server with another codec is not a substitute
    if (!this.#feed || key === this.#fedBy) return undefined
    const mount = this.#deps.mounts.get(this.#mount)
    const theirs = reply?.contentType ?? ''
    if (!mount || mount.mayBe(theirs)) return undefined
    return `it sends ${formatOf(theirs)}, but listeners hear ${mount.format}`
  }

  /** The line feeds the mount from here on; false if another feed holds the mount. */
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
      // bytes that wait at a seam are a sign of life too
      audio: (bytes) => {
        this.#stay()
        sink.audio(bytes)
      },
      metadata: (metadata) => sink.metadata(metadata),
    })
    return true
  }

  /** The line is lost: the mount waits for another one, and ends if none delivers bytes. */
  interrupt(): void {
    const { timers, holdMs, onClosed } = this.#deps
    this.#closeSeam()
    if (!this.#feed) return
    this.#feed.interrupt()
    this.#cancelEnd ??= timers.after(holdMs(), () => {
      this.end()
      onClosed('no bytes: timed out')
    })
  }

  /** Ends the mount; its listeners are closed, or move to a fallback. */
  end(): void {
    this.#stay()
    this.#closeSeam()
    this.#feed?.end()
    this.#feed = undefined
  }

  /** Bytes arrive, or there is nothing left to end. */
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
        // an upstream may stall between its answer and its stream: the time counts from the first byte
        if (seam.isEmpty) settle(relayLimits.spliceMs, leftMs)
        else if (leftMs <= 0) seam.goOn()
        else settle(relayLimits.spliceMs, leftMs - relayLimits.spliceMs)
      })
    }
    // the held bytes are a complete burst
    settle(heldBytes > 0 ? 0 : relayLimits.spliceMs, relayLimits.behindMsMax)
    return seam
  }

  /** No more bytes come through the seam: passes on held bytes that are new, however few. */
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
