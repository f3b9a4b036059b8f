import type { Probed } from '../../draw/probe.ts'
import { deadlineMs, freeOfServer, type Server } from '../../draw/server.ts'
import type { ClusterEvent, EventKind } from './event.ts'
import { Facet } from './facet.ts'

/** Whether a server reports: `new` until its first report, `left` after one with the state `leaving`. */
export type ServerStanding = 'new' | 'live' | 'stale' | 'left'

/** share of a full server's slots that must be free again: at less, one listener more or less would be told each time */
const roomShare = 0.05

/** What events have told about one server, and what they have not told yet. */
export class WatchedServer {
  readonly #id: string
  readonly #standing: Facet<ServerStanding>
  readonly #full: Facet<boolean>
  readonly #reach: Facet<boolean>
  /** the url that could not be reached, and why */
  #problem = ''
  /** taken out at the decider, or at the server itself */
  #isDrained: boolean
  /** the server may still say `draining` because the decider's last reply did */
  #isEcho = false
  /** after which it is stale if it does not report */
  #dueMs = Number.POSITIVE_INFINITY

  constructor(id: string, told: ToldBefore = noneTold) {
    this.#id = id
    this.#standing = new Facet(told.standing)
    this.#full = new Facet(told.isFull)
    this.#reach = new Facet(told.isReached)
    this.#isDrained = told.isDrained
  }

  get standing(): ServerStanding {
    return this.#standing.value
  }
  get dueMs(): number {
    return this.#standing.value === 'live' ? this.#dueMs : Number.POSITIVE_INFINITY
  }
  get isTold(): boolean {
    return this.#standing.isTold && this.#full.isTold && this.#reach.isTold
  }

  /** A report came. @param isOwn of this program itself, which has no deadline */
  reported(server: Server, nowMs: number, maxListenersDefault: number, isOwn: boolean): ClusterEvent[] {
    const { report } = server
    this.#standing.set(report.state === 'leaving' ? 'left' : 'live', nowMs)
    this.#dueMs = isOwn ? Number.POSITIVE_INFINITY : deadlineMs(server)
    if (isOwn) this.#standing.settle(this.#standing.value)
    this.#full.set(this.#isFull(server, maxListenersDefault), nowMs)
    return [...this.#ownDrain(server, nowMs), ...this.tell(nowMs)]
  }

  /** Gives a server that reported to an earlier start of this program until `dueMs` to do so again. */
  restored(dueMs: number): void {
    this.#dueMs = dueMs
  }

  /** The server is stale: its report came in time for `deadlineMs` only. */
  expire(deadlineMs: number, nowMs: number): ClusterEvent[] {
    this.#standing.set('stale', deadlineMs)
    return this.tell(nowMs)
  }

  /** An operator drained or undrained it at the decider. */
  drained(
    isDrained: boolean,
    server: Server | undefined,
    by: string | undefined,
    nowMs: number,
  ): ClusterEvent[] {
    this.#isEcho = !isDrained && server?.report.state === 'draining'
    return this.#drain(isDrained, nowMs, by === undefined ? undefined : `by ${by}`)
  }

  /** The decider's own connection to it was answered, or was not. */
  probed({ url, problem }: Probed, nowMs: number): ClusterEvent[] {
    this.#reach.set(problem === undefined, nowMs)
    if (problem !== undefined) this.#problem = `${url}: ${problem}`
    return this.tell(nowMs)
  }

  /** The events about everything that has changed and may be told now. */
  tell(nowMs: number): ClusterEvent[] {
    const events: ClusterEvent[] = []
    const standing = this.#standing.tell(nowMs)
    if (standing)
      events.push(this.#event(standingKind(this.#standing.value, standing.before), this.#standing.sinceMs))
    if (this.#reach.tell(nowMs))
      events.push(
        this.#reach.value
          ? this.#event('server reachable', this.#reach.sinceMs)
          : this.#event('server unreachable', this.#reach.sinceMs, this.#problem),
      )
    if (this.#full.tell(nowMs))
      events.push(this.#event(this.#full.value ? 'server full' : 'server has room', this.#full.sinceMs))
    return events
  }

  #isFull(server: Server, maxListenersDefault: number): boolean {
    const slots = server.report.maxListeners ?? maxListenersDefault
    if (slots === 0) return false // it takes no listeners at any time
    const free = freeOfServer(server, maxListenersDefault)
    return this.#full.value ? free < Math.max(1, slots * roomShare) : free === 0
  }

  /** The server drains by itself: its admin called `/admin/drain` there. */
  #ownDrain({ report: { state }, drained }: Server, nowMs: number): ClusterEvent[] {
    if (state !== 'draining') this.#isEcho = false
    const isDrained = drained || (state === 'draining' && !this.#isEcho)
    return isDrained === this.#isDrained ? [] : this.#drain(isDrained, nowMs, 'at the server itself')
  }

  #drain(isDrained: boolean, nowMs: number, detail: string | undefined): ClusterEvent[] {
    if (isDrained === this.#isDrained) return []
    this.#isDrained = isDrained
    return [this.#event(isDrained ? 'server drained' : 'server undrained', nowMs, detail)]
  }

  #event(kind: EventKind, at: number, detail?: string): ClusterEvent {
    return { at: Math.round(at), kind, server: this.#id, ...(detail !== undefined && { detail }) }
  }
}

function standingKind(now: ServerStanding, before: ServerStanding): EventKind {
  if (now === 'stale') return 'server stale'
  if (now === 'left') return 'server leaving'
  return before === 'new' ? 'server new' : 'server back'
}

/** What is known to have been told about a server. */
export interface ToldBefore {
  standing: ServerStanding
  isFull: boolean
  isReached: boolean
  isDrained: boolean
}

const noneTold: ToldBefore = { standing: 'new', isFull: false, isReached: true, isDrained: false }

/**
 * What earlier events told about a stored server, so that a restarted decider does not tell it again.
 * @param events of this server
 * @param oldestMs of the oldest event of any server that is remembered
 */
export function toldOf(
  server: Server,
  events: readonly ClusterEvent[],
  oldestMs: number,
  maxListenersDefault: number,
): ToldBefore {
  const { state, maxListeners = maxListenersDefault } = server.report
  const isDrained = server.drained || state === 'draining'
  const isFull = maxListeners > 0 && freeOfServer(server, maxListenersDefault) === 0
  // an event that is no longer remembered was told as well
  const isOld = deadlineMs(server) < oldestMs
  const told: ToldBefore = { standing: isOld ? 'stale' : 'live', isFull, isReached: true, isDrained }
  for (const event of events) readEvent(told, event)
  if (state === 'leaving') told.standing = 'left'
  return told
}

function readEvent(told: ToldBefore, { kind }: ClusterEvent): void {
  if (kind === 'server new' || kind === 'server back') told.standing = 'live'
  else if (kind === 'server stale') told.standing = 'stale'
  else if (kind === 'server leaving') told.standing = 'left'
  else if (kind === 'server full' || kind === 'server has room') told.isFull = kind === 'server full'
  else if (kind === 'server unreachable' || kind === 'server reachable')
    told.isReached = kind === 'server reachable'
}

/** The time that a server gets to report again to a restarted decider. */
export const dueAfterRestart = (server: Server, startMs: number): number =>
  Math.max(deadlineMs(server), deadlineMs({ ...server, receivedAtMs: startMs }))
