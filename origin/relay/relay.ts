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
  /** monotonic clock, in ms */
  nowMs: () => number
  pull: StartPull
  /** random numbers in [0, 1) */
  roll: () => number
  /** a name that no other server has, and different at each start */
  viaName: string
  /** limits on where lists and redirects may lead */
  reach: () => Omit<Reach, 'configured'>
  /** ms of silence after which a connection is lost */
  silenceMs: () => number
  /** ms that listeners wait for the next connection */
  holdMs: () => number
  /** whether listeners of a fallback wait to be moved back */
  isMissed: () => boolean
  /** whether one more mount may be fed */
  hasRoom: () => boolean
  /** assigns turns to relays that no listener waits for */
  turns: Pick<Turns, 'wait' | 'take'>
  /** a running relay has ended: the masters' lists may have changed */
  onEnded: () => void
}

/**
 * One relayed mount: pulls it from the first upstream that delivers it, switches to the next one on failure and back
 * when a preferred one returns, and keeps its listeners meanwhile.
 */
export class Relay {
  readonly mount: Mount
  #plan: RelayPlan
  #deps: RelayDeps
  #upstreams: Upstreams
  #outlet: Outlet
  #comeBack: ComeBack
  #waiters: Waiters
  /** the connection that feeds the mount, or is going to */
  #line: Line | undefined
  #cancelRetry = () => {}
  #awaitsTurn = false
  /** call when the connection has delivered a stream, or has failed */
  #endTurn = () => {}
  #started = false
  #running = false
  /** failures since it last ran; each is logged once */
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
  /** whether it tries to run: false for an idle on-demand relay */
  get isStarted(): boolean {
    return this.#started
  }
  /** whether bytes arrive */
  get isRunning(): boolean {
    return this.#running
  }
  /** whether listeners wait for it to start */
  get isAwaited(): boolean {
    return !this.#waiters.isEmpty
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#tryNext()
  }

  /**
   * Applies other upstreams, or another order: a running relay switches to the preferred one and keeps its listeners.
   */
  replan(plan: RelayPlan): void {
    const before = this.#plan
    this.#plan = plan
    this.#upstreams.replace(plan.upstreams)
    if (before.onDemand && !plan.onDemand) this.start()
    const isOther = !haveSameOrder(before.upstreams, plan.upstreams)
    if (this.#line && this.#running && isOther) this.#comeBack.watch(this.#line.upstream)
  }

  /** A master lists it again: a relay that waits for its next attempt tries now. */
  retryNow(): void {
    const upstream = this.#upstreams.first()
    if (!this.#started || this.#line || this.#awaitsTurn || !upstream) return
    this.#cancelRetry()
    this.#connect(upstream)
  }

  /** Ends the mount; its listeners are closed, or move to a fallback. {@link start} starts it again. */
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
   * Starts it for a listener; resolves with true once the mount is available, or with false if it cannot be in time.
   * After a failure it resolves with false at once, until the next attempt is due.
   */
  demand(): Promise<boolean> {
    if (this.#outlet.isOpen) return Promise.resolve(true)
    if (!this.#started && this.#next()?.waitMs !== 0) return Promise.resolve(false)
    const carried = this.#waiters.wait()
    this.start()
    return carried
  }

  /** Stops trying; waiting listeners are told. */
  #rest(): void {
    this.#started = false
    this.#cancelRetry()
    this.#waiters.tell(false)
  }

  #next() {
    const isHeld = this.#outlet.isOpen || this.#deps.isMissed()
    return this.#upstreams.next(isHeld, this.#plan.retryDelayMs)
  }

  /** Asks the next upstream, now or when it is due; listeners of an on-demand relay do not wait that long. */
  #tryNext(): void {
    const next = this.#next()
    this.#cancelRetry()
    if (!next) return
    if (next.waitMs === 0) this.#connect(next.upstream)
    else if (this.#plan.onDemand && !this.#outlet.isOpen) this.#rest()
    else this.#cancelRetry = this.#deps.timers.after(next.waitMs, () => this.#tryNext())
  }

  /** Asks an upstream: at once if somebody waits, else in its turn. */
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
      done() // it takes another turn when there is room
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
    this.#fail(upstream, 'too many sources and relays: <limits><sources> is reached')
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

  /** Why an upstream's stream cannot feed this mount; undefined if it can. */
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
      this.#refuse(line, 'the mount is in use by a source of this server')
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

  /** The upstream delivers no stream, or no longer: listeners wait while the next one is asked. */
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

  /** Logs only the first of equal failures. */
  #complain({ url }: Upstream, why: string): void {
    const trouble = `${url.origin} ${why}`
    if (this.#complaints.has(trouble)) return
    this.#complaints.add(trouble)
    log.warn('relay lost', { mount: this.mount, from: url.origin, why })
  }
}
