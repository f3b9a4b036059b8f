import type { Server } from '../../../shared/draw/server.ts'
import { View } from '../../../shared/draw/view.ts'
import { Balance } from '../../../shared/hls/balance.ts'
import { drawVariants } from '../../../shared/hls/place-session.ts'
import { steer } from '../../../shared/hls/steering.ts'
import { mountOf, mountReport, seededRoll, serverOf } from './reports.ts'

const live = mountOf('/live.mp3')
/** ms between two reports of a server */
const reportMs = 10_000
/** ms between two moments of the model */
const stepMs = 100
/** ms for which a session is counted at a server that it has left: three target durations */
const lingerMs = 12_000
/** ms until a player asks its server for the next segment, at most: so long it does not notice that the server is gone */
const segmentMs = 4000
/** ms after which a player that no server takes tries again */
const retryMs = 5000

type Place = NonNullable<Server['location']>

/** A server of the made-up cluster, and what it knows of itself. */
interface Member {
  id: string
  max: number
  location: Place | undefined
  isDead: boolean
  drained: boolean
  joins: number
  /** sessions that fetch from it */
  sessions: number
  /** when sessions that have left are not counted any more, in order */
  lingering: number[]
}

/** A listener that asks where to go on each time its TTL has passed, and moves there at once. */
interface Session {
  from: Place | undefined
  /** undefined: no server takes it at the moment */
  at: Member | undefined
  /** servers that it knows, in order of preference */
  pathways: readonly string[]
  asksAtMs: number
  /** when it notices that its server is gone, or tries again */
  triesAtMs: number
  leavesAtMs: number
}

export interface SteeredOptions {
  /** false: players ask where to go only at their beginning, and take the next server when theirs is gone */
  isSteered?: boolean
  /** s that a listener stays, on average; undefined: for ever */
  staySeconds?: number
}

/**
 * A simulated cluster with its own clock, and one edge that steers HLS sessions: servers report every 10 s and take no more sessions
 * than fit, sessions ask when they are told to. The decisions are the edge's own code.
 */
export class SteeredCluster {
  #members = new Map<string, Member>()
  #sessions = new Set<Session>()
  #view = new View(100)
  #nowMs = 0
  #roll: () => number
  #balance = new Balance(100)
  #isSteered: boolean
  #staySeconds: number
  /** moves from one server to another */
  moved = 0
  /** sessions that found no server that takes them, at their beginning or when theirs was gone */
  refused = 0

  constructor(
    seed: number,
    { isSteered = true, staySeconds = Number.POSITIVE_INFINITY }: SteeredOptions = {},
  ) {
    this.#roll = seededRoll(seed)
    this.#isSteered = isSteered
    this.#staySeconds = staySeconds
  }

  /** all listeners, with those that no server takes */
  get size(): number {
    return this.#sessions.size
  }

  add(id: string, max: number, location?: Place): void {
    const nothing = { isDead: false, drained: false, joins: 0, sessions: 0, lingering: [] }
    this.#members.set(id, { id, max, location, ...nothing })
    this.#report(id)
  }

  drain(id: string): void {
    const member = this.#members.get(id)
    if (member) member.drained = true
    this.#report(id)
  }

  /** It does not report any more, and its players move on when their next segment does not come. */
  kill(id: string): void {
    const member = this.#members.get(id)
    if (!member) return
    member.isDead = true
    for (const session of this.#sessions)
      if (session.at === member) session.triesAtMs = this.#nowMs + this.#roll() * segmentMs
  }

  /** New sessions, one after the other. @param from where the listeners are */
  join(count: number, from?: Place): void {
    for (let i = 0; i < count; i++) {
      const drawn = drawVariants(this.#view, listenerFrom(from), this.#deps)
      if (typeof drawn === 'string') {
        this.refused++
        continue
      }
      const [first] = drawn
      if (first) first.server.debit++
      const session: Session = {
        from,
        at: undefined,
        pathways: drawn.map(({ server }) => server.report.id),
        asksAtMs: this.#isSteered ? this.#nowMs + this.#roll() * 10_000 : Number.POSITIVE_INFINITY,
        triesAtMs: Number.POSITIVE_INFINITY,
        leavesAtMs: this.#nowMs - Math.log(1 - this.#roll()) * this.#staySeconds * 1000,
      }
      this.#sessions.add(session)
      this.#try(session)
    }
  }

  /** Lets time pass. */
  pass(seconds: number): void {
    for (let step = 0; step < (seconds * 1000) / stepMs; step++) {
      this.#nowMs += stepMs
      if (this.#nowMs % reportMs === 0) for (const id of this.#members.keys()) this.#report(id)
      for (const session of this.#sessions)
        if (session.leavesAtMs <= this.#nowMs) {
          this.#depart(session)
          this.#sessions.delete(session)
        } else {
          if (session.asksAtMs <= this.#nowMs) this.#ask(session)
          if (session.triesAtMs <= this.#nowMs) this.#try(session)
        }
    }
  }

  /** Whether a server takes new listeners, if it has room. */
  isOpen(id: string): boolean {
    const member = this.#members.get(id)
    return member?.isDead === false && !member.drained
  }

  /** Sessions at a server. */
  at(id: string): number {
    return this.#members.get(id)?.sessions ?? 0
  }

  /** Sessions of listeners at one place that fetch from a server at the same place. */
  atHome(place: Place): number {
    return [...this.#sessions].filter(({ from, at }) => from === place && at?.location === place).length
  }

  /** The share of each server's slots that is taken, in percent. */
  get utilisations(): Record<string, number> {
    return Object.fromEntries(
      [...this.#members.values()].map(({ id, max, sessions }) => [id, (sessions / max) * 100]),
    )
  }

  #ask(session: Session): void {
    const listener = { ...listenerFrom(session.from), current: session.at?.id ?? session.pathways[0] }
    const deps = { ...this.#deps, balance: this.#balance, isBusy: () => false }
    const steering = steer(this.#view, listener, deps)
    session.asksAtMs = this.#nowMs + (steering?.ttlSeconds ?? 10) * 1000
    if (!steering) return
    session.pathways = steering.places.map(({ server }) => server.report.id)
    const [first] = steering.places
    if (!first || first.server.report.id === session.at?.id) return
    if (steering.moves) first.server.debit++
    // it comes back to its own server if no other takes it
    if (session.at?.isDead === false) session.pathways = [...session.pathways, session.at.id]
    this.#try(session)
  }

  /** Goes to the first of its servers that takes it. */
  #try(session: Session): void {
    session.triesAtMs = Number.POSITIVE_INFINITY
    const before = session.at
    for (const id of session.pathways) {
      const member = this.#members.get(id)
      if (!member || member.isDead) continue
      if (member === before) return
      if (this.#counted(member) >= member.max) continue
      if (before) this.moved++
      this.#depart(session)
      session.at = member
      member.sessions++
      member.joins++
      return
    }
    this.refused++
    this.#depart(session)
    session.triesAtMs = this.#nowMs + retryMs
  }

  #depart(session: Session): void {
    const { at } = session
    session.at = undefined
    if (!at) return
    at.sessions--
    at.lingering.push(this.#nowMs + lingerMs)
  }

  /** Listeners by a server's own count. */
  #counted(member: Member): number {
    while ((member.lingering[0] ?? Number.POSITIVE_INFINITY) <= this.#nowMs) member.lingering.shift()
    return member.sessions + member.lingering.length
  }

  #report(id: string): void {
    const member = this.#members.get(id)
    if (!member || member.isDead) return
    const { max, joins, drained, location } = member
    const listeners = this.#counted(member)
    const mounts = [mountReport('/live.mp3', { listeners, joins })]
    const report = { maxListeners: max, listeners, joins, mounts }
    this.#view.put(serverOf(id, report, { receivedAtMs: this.#nowMs, drained, location }))
  }

  get #deps() {
    return {
      config: { httpsOnly: false },
      nowMs: () => this.#nowMs,
      roll: this.#roll,
      redirected: () => {},
    }
  }
}

const listenerFrom = (location: Place | undefined) => ({
  mount: live,
  query: '',
  sender: { secure: false, address: '192.0.2.1', ...(location && { from: { location } }) },
})
