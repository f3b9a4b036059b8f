import { getLogger } from '@logtape/logtape'
import type { Mount } from '../../shared/mount.ts'
import type { Timers } from '../lib/timers.ts'
import type { Mounts } from '../mount/mounts.ts'
import { ComeBack } from './come-back.ts'
import { Outlet } from './outlet.ts'
import type { RelayPlan } from './plan.ts'
import { hopOf, loopIn } from './pull/hops.ts'
import { Line, type LineEvents } from './pull/line.ts'
import type { StartPull } from './pull/pull.ts'
import type { Reach } from './pull/reach.ts'
import type { Turns } from './turns.ts'
import { haveSameOrder, type Upstream } from './upstreams/upstream.ts'
import { Upstreams } from './upstreams/upstreams.ts'
import { Waiters } from './waiters.ts'

const log = getLogger(['distributary', 'relay'])

export interface RelayDeps {
  mounts: Pick<Mounts, 'get' | 'open'>
  timers: Timers
  /** ms, a clock that does not step back */
  nowMs: () => number
  pull: StartPull
  /** numbers in [0, 1) */
  roll: () => number
  /** unlike any other server's, and than at the last start */
  viaName: string
  /** where lists and redirects may lead it */
  reach: () => Omit<Reach, 'configured'>
  /** ms of silence after which a connection is lost */
  silenceMs: () => number
  /** ms for which listeners wait for the next one */
  holdMs: () => number
  /** whether listeners of a fallback wait to be called back */
  isMissed: () => boolean
  /** whether one more mount may be fed */
  hasRoom: () => boolean
  /** when it may begin where nobody waits for it */
  turns: Pick<Turns, 'wait' | 'take'>
  /** a relay that ran has ended: the masters' lists may have changed */
  onEnded: () => void
}

/**
 * One relayed mount: pulls it from the first of its upstreams that gives it, goes over to the next where that one fails
 * and back where it returns, and keeps its listeners meanwhile.
 */
export class Relay {
  readonly mount: Mount
  #plan: RelayPlan
  #deps: RelayDeps
  #upstreams: Upstreams
  #outlet: Outlet
  #comeBack: ComeBack
  #waiters: Waiters
  /** the connection that feeds the mount, or is to */
  #line: Line | undefined
  #cancelRetry = () => {}
  #awaitsTurn = false
  /** its connection brings a stream, or will not */
  #endTurn = () => {}
  #started = false
  #running = false
  /** what went wrong since it last ran; each is said once */
  #complaints = new Set<string>()

  constructor(mount: Mount, plan: RelayPlan, deps: RelayDeps) {
    const { timers, nowMs, roll } = deps
    this.mount = mount
    this.#plan = plan
    this.#deps = deps
    this.#upstreams = new Upstreams(plan.upstreams, nowMs, roll)
    this.#waiters = new Waiters(timers)
    const onClosed = (why: string) => {
      if (this.#line) this.#refuse(this.#line, why)
    }
    this.#outlet = new Outlet(mount, { ...deps, onClosed })
    this.#comeBack = new ComeBack({
      timers,
      roll,
      upstreams: this.#upstreams,
      open: (upstream, events) => this.#open(upstream, events),
      refusalOf: (line) => this.#refusalOf(line),
      adopt: (line) => this.#adopt(line),
      lost: (line, why) => this.#lost(line, why),
    })
  }

  get plan(): RelayPlan {
    return this.#plan
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
    return !this.#waiters.isEmpty
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#tryNext()
  }

  /** Other upstreams, or another order: what runs goes over to where it should be, and its listeners stay. */
  replan(plan: RelayPlan): void {
    const before = this.#plan
    this.#plan = plan
    this.#upstreams.replace(plan.upstreams)
    if (before.onDemand && !plan.onDemand) this.start()
    const isOther = !haveSameOrder(before.upstreams, plan.upstreams)
    if (this.#line && this.#running && isOther) this.#comeBack.watch(this.#line.upstream)
  }

  /** A master names it again: what waits for its next attempt waits no longer. */
  retryNow(): void {
    const upstream = this.#upstreams.first()
    if (!this.#started || this.#line || this.#awaitsTurn || !upstream) return
    this.#cancelRetry()
    this.#connect(upstream)
  }

  /** Ends the mount; its listeners are closed, or fall back. {@link start} begins anew. */
  stop(): void {
    this.#rest()
    this.#endTurn()
    this.#upstreams.forgive()
    this.#complaints.clear()
    this.#comeBack.stop()?.close()
    this.#line?.close()
    this.#line = undefined
    this.#running = false
    this.#outlet.end()
  }

  /**
   * Starts it for a listener; resolves once the mount is carried, or with false where it cannot be in time. After a
   * failure that is at once, until it may be tried again.
   */
  demand(): Promise<boolean> {
    if (this.#outlet.isOpen) return Promise.resolve(true)
    if (!this.#started && this.#next()?.waitMs !== 0) return Promise.resolve(false)
    const carried = this.#waiters.wait()
    this.start()
    return carried
  }

  /** Tries no more; who waited for it is told. */
  #rest(): void {
    this.#started = false
    this.#cancelRetry()
    this.#waiters.tell(false)
  }

  #next() {
    const isHeld = this.#outlet.isOpen || this.#deps.isMissed()
    return this.#upstreams.next(isHeld, this.#plan.retryDelayMs)
  }

  /** Asks the next upstream, now or when its time comes; listeners do not wait so long for a relay on demand. */
  #tryNext(): void {
    const next = this.#next()
    this.#cancelRetry()
    if (!next) return
    if (next.waitMs === 0) this.#connect(next.upstream)
    else if (this.#plan.onDemand && !this.#outlet.isOpen) this.#rest()
    else this.#cancelRetry = this.#deps.timers.after(next.waitMs, () => this.#tryNext())
  }

  /** Asks an upstream: at once where somebody waits, else when its turn comes. */
  #connect(upstream: Upstream): void {
    const { turns, isMissed } = this.#deps
    const { origin } = upstream.url
    if (this.#outlet.isOpen || this.isAwaited || isMissed()) {
      if (this.#hasRoom(upstream)) this.#ask(upstream, turns.take(origin))
      return
    }
    this.#awaitsTurn = true
    const callOff = turns.wait(origin, (done) => {
      this.#awaitsTurn = false
      done() // it counts again where there is room for it
      if (this.#hasRoom(upstream)) this.#ask(upstream, turns.take(origin))
    })
    if (!this.#awaitsTurn) return
    this.#cancelRetry = () => {
      this.#awaitsTurn = false
      callOff()
    }
  }

  #hasRoom(upstream: Upstream): boolean {
    if (this.#outlet.isOpen || this.#deps.hasRoom()) return true
    this.#fail(upstream, 'as many sources and relays run as <limits><sources> allows')
    return false
  }

  #ask(upstream: Upstream, done: () => void): void {
    this.#endTurn = done
    this.#line = this.#open(upstream, {
      opened: (line) => {
        done()
        const refused = this.#refusalOf(line)
        if (refused === undefined) this.#run(line)
        else this.#refuse(line, refused)
      },
      held: () => {},
      lost: (line, why) => {
        done()
        this.#lost(line, why)
      },
    })
  }

  #open(upstream: Upstream, events: LineEvents): Line {
    const { timers, nowMs, pull, viaName, silenceMs, reach } = this.#deps
    const hop = hopOf(viaName, this.mount)
    const options = { timers, silenceMs: silenceMs(), icy: this.#plan.icy, hop, reach: reach() }
    return new Line(upstream, pull, options, nowMs, events)
  }

  /** Why what an upstream sends cannot be this mount; undefined where it can. */
  #refusalOf(line: Line): string | undefined {
    const via = line.reply?.head.headers.get('via')
    return loopIn(via, hopOf(this.#deps.viaName, this.mount)) ?? this.#outlet.refusalOf(line)
  }

  #refuse(line: Line, why: string): void {
    line.close()
    this.#fail(line.upstream, why)
  }

  #lost(line: Line, why: string): void {
    if (line === this.#line) this.#fail(line.upstream, why)
  }

  /** The line feeds the mount from here on. */
  #run(line: Line): void {
    this.#running = true // before others hear that the mount is fed again
    if (!this.#outlet.take(line)) {
      this.#running = false
      this.#refuse(line, 'the mount is held by a source of our own')
      return
    }
    log.info('relay runs', { mount: this.mount, from: line.reply?.at.origin })
    this.#complaints.clear()
    this.#waiters.tell(true)
    this.#comeBack.watch(line.upstream)
  }

  #adopt(line: Line): void {
    this.#line?.close()
    this.#line = line
    this.#run(line)
  }

  /** The upstream gives no stream, or gives it no more: its listeners wait while the next one is asked. */
  #fail(upstream: Upstream, why: string): void {
    const { nowMs, onEnded } = this.#deps
    const ran = this.#running
    const reply = this.#line?.reply
    this.#line = undefined
    this.#running = false
    this.#upstreams.failed(upstream, reply ? nowMs() - reply.atMs : 0)
    this.#complain(upstream, why)
    if (ran) this.#outlet.interrupt()
    const standIn = this.#comeBack.stop()
    if (standIn) this.#adopt(standIn)
    else this.#tryNext()
    if (ran) onEnded()
  }

  /** The first of equal troubles stands in the log, not the hundredth. */
  #complain({ url }: Upstream, why: string): void {
    const trouble = `${url.origin} ${why}`
    if (this.#complaints.has(trouble)) return
    this.#complaints.add(trouble)
    log.warn('relay lost', { mount: this.mount, from: url.origin, why })
  }
}
