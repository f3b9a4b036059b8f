import { getLogger } from '@logtape/logtape'
import type { Mount } from '../../shared/mount.ts'
import { backoffMs } from '../backoff.ts'
import { headerLength, isContainer } from '../format/formats.ts'
import { Deinterleaver, type Sink } from '../icy/deinterleaver.ts'
import type { Feed, FeedInfo } from '../mount/feed.ts'
import type { Mounts } from '../mount/mounts.ts'
import type { Timers } from '../timers.ts'
import { relayLimits } from './limits.ts'
import type { StartPull } from './pull.ts'
import type { ResponseHead } from './response-head.ts'
import { Splicer } from './splicer.ts'

const log = getLogger(['distributary', 'relay'])

export interface RelayDeps {
  mounts: Pick<Mounts, 'get' | 'open'>
  timers: Timers
  pull: StartPull
  /** numbers in [0, 1) */
  roll: () => number
  /** ms of silence after which a connection is lost, and for which listeners wait for a lost master */
  sourceTimeoutMs: () => number
  authorizationFor: (origin: string) => string | undefined
  /** a relay that ran has ended: the master's list may have changed */
  onEnded: () => void
}

/** One mirrored mount: pulls it, passes it on, and keeps its listeners over a short loss of the master. */
export class Relay {
  readonly mount: Mount
  /** where it is pulled from; a change counts from the next attempt on */
  url: URL
  #deps: RelayDeps
  #pull: ReturnType<StartPull> | undefined
  #feed: Feed | undefined
  /** failures in a row */
  #attempt = 0
  #cancelRetry = () => {}
  #cancelEnd = () => {}
  #cancelSettle = () => {}
  #started = false
  #running = false
  #waiters: ((carried: boolean) => void)[] = []
  #lastTrouble: string | undefined

  constructor(mount: Mount, url: URL, deps: RelayDeps) {
    this.mount = mount
    this.url = url
    this.#deps = deps
  }

  /** whether it tries to run: false for an idle relay on demand */
  get isStarted(): boolean {
    return this.#started
  }
  /** whether bytes come in */
  get isRunning(): boolean {
    return this.#running
  }

  /** whether somebody waits for it to begin */
  get isAwaited(): boolean {
    return this.#waiters.length > 0
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#connect()
  }

  /** The master names it again: what waits for its next attempt waits no longer. */
  retryNow(): void {
    if (!this.#started || this.#pull) return
    this.#cancelRetry()
    this.#connect()
  }

  /** Ends the mount; its listeners are closed. {@link start} begins anew. */
  stop(): void {
    this.#started = false
    this.#attempt = 0
    this.#lastTrouble = undefined
    this.#running = false
    for (const cancel of [this.#cancelRetry, this.#cancelEnd, this.#cancelSettle]) cancel()
    this.#pull?.close()
    this.#pull = undefined
    this.#endFeed()
    this.#tellWaiters(false)
  }

  /** Starts it for a listener; resolves once the mount is carried, or with false where it cannot be in time. */
  demand(): Promise<boolean> {
    if (this.#feed) return Promise.resolve(true)
    const carried = new Promise<boolean>((resolve) => this.#waiters.push(resolve))
    const cancel = this.#deps.timers.after(relayLimits.demandTimeoutMs, () => this.#tellWaiters(false))
    this.start()
    return carried.finally(cancel)
  }

  #connect(): void {
    const { authorizationFor, timers, sourceTimeoutMs, pull } = this.#deps
    let sink: Sink | undefined
    let interleaved: Deinterleaver | undefined
    const { url } = this
    this.#pull = pull(
      url,
      { authorizationFor, timers, silenceMs: sourceTimeoutMs() },
      {
        opened: (head, at) => {
          sink = this.#open(head, at)
          const metaint = Number(head.headers.get('icy-metaint'))
          if (sink && Number.isSafeInteger(metaint) && metaint > 0)
            interleaved = new Deinterleaver(metaint, sink)
        },
        data: (bytes) => {
          this.#attempt = 0
          if (interleaved) interleaved.push(bytes)
          else sink?.audio(bytes)
        },
        lost: (why) => this.#lost(why),
      },
    )
  }

  #open(head: ResponseHead, at: URL): Sink | undefined {
    const info = this.#infoOf(head, at)
    const passOn: Sink = {
      audio: (bytes) => this.#feed?.push(bytes),
      metadata: ({ title, url }) => this.#feed?.setTitle(title, url),
    }
    const resumed = this.#feed
    if (!resumed) {
      const feed = this.#deps.mounts.open(this.mount, info)
      if (feed === 'in use') {
        this.#pull?.close()
        this.#lost('the mount is held by a source of our own')
        return undefined
      }
      this.#feed = feed
    }
    log.info('relay runs', { mount: this.mount, from: at.origin })
    this.#running = true
    this.#lastTrouble = undefined
    this.#cancelEnd()
    this.#tellWaiters(true)
    if (!resumed) return passOn
    const splicer = this.#splicer(passOn, info.contentType)
    resumed.resume(info)
    this.#cancelSettle = this.#deps.timers.after(relayLimits.spliceMs, () => splicer.settle())
    return splicer
  }

  #splicer(passOn: Sink, contentType: string): Splicer {
    const mount = this.#deps.mounts.get(this.mount)
    const header = isContainer(contentType) && {
      bytes: mount?.header ?? empty,
      lengthIn: (head: Uint8Array) => headerLength(contentType, head),
    }
    return new Splicer(mount?.tail(relayLimits.tailBytes) ?? empty, passOn, header || undefined)
  }

  #infoOf({ headers }: ResponseHead, at: URL): FeedInfo {
    const passed = new Map(headers)
    passed.delete('icy-metaint')
    return {
      kind: 'relay',
      contentType: headers.get('content-type') ?? 'audio/mpeg',
      headers: passed,
      owner: this.url.origin,
      address: at.hostname,
      onClosed: (why) => {
        this.#feed = undefined
        this.#pull?.close()
        this.#lost(why)
      },
    }
  }

  #lost(why: string): void {
    if (!this.#started) return
    const { timers, sourceTimeoutMs, roll, onEnded } = this.#deps
    this.#pull = undefined
    this.#cancelSettle()
    this.#complain(why)
    if (this.#running && this.#feed) {
      this.#feed.interrupt()
      this.#cancelEnd = timers.after(sourceTimeoutMs(), () => this.#endFeed())
    }
    if (!this.#feed) this.#tellWaiters(false)
    const ran = this.#running
    this.#running = false
    this.#attempt++
    this.#cancelRetry()
    const retry = this.#feed ? relayLimits.retryHeld : relayLimits.retry
    this.#cancelRetry = timers.after(backoffMs(retry, this.#attempt, roll()), () => this.#connect())
    if (ran) onEnded()
  }

  /** The first of equal troubles stands in the log, not the hundredth. */
  #complain(why: string): void {
    if (why === this.#lastTrouble) return
    this.#lastTrouble = why
    log.warn('relay lost', { mount: this.mount, from: this.url.origin, why })
  }

  #endFeed(): void {
    this.#feed?.end()
    this.#feed = undefined
  }

  #tellWaiters(carried: boolean): void {
    for (const tell of this.#waiters.splice(0)) tell(carried)
  }
}

const empty = new Uint8Array()
