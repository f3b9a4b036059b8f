import type { Server } from '../../shared/draw/server.ts'
import { View } from '../../shared/draw/view.ts'
import { Balance } from '../../shared/hls/balance.ts'
import { drawVariants } from '../../shared/hls/place-session.ts'
import { steer } from '../../shared/hls/steering.ts'
import { mountOf, mountReport, seededRoll, serverOf } from './reports.ts'

const live = mountOf('/live.mp3')
/** ms between two reports of a server */
const reportMs = 10_000

/** A server of the made-up cluster, and what it knows of itself. */
interface Member {
  id: string
  max: number
  isDead: boolean
  drained: boolean
  joins: number
}

/** A listener that asks where to go on each time its TTL has passed, and moves there at once. */
interface Session {
  at: string
  asksAtMs: number
}

/**
 * A simulated cluster with its own clock, and one edge that steers HLS sessions: servers report every 10 s, sessions ask when they are
 * told to. The decisions are the edge's own code.
 */
export class SteeredCluster {
  #members = new Map<string, Member>()
  #sessions: Session[] = []
  #view = new View(100)
  #nowMs = 0
  #roll: () => number
  #balance = new Balance(100)
  /** sessions that have left a server, and are counted there until they have fetched nothing for three target durations */
  #lingering: { at: string; untilMs: number }[] = []
  /** moves from one server to another */
  moved = 0
  /** questions that had no answer, or sessions that had no server at their beginning */
  refused = 0

  constructor(seed: number) {
    this.#roll = seededRoll(seed)
  }

  add(id: string, max: number): void {
    this.#members.set(id, { id, max, isDead: false, drained: false, joins: 0 })
    this.#report(id)
  }

  drain(id: string): void {
    const member = this.#members.get(id)
    if (member) member.drained = true
    this.#report(id)
  }

  /** It does not report any more, and its players move on when they ask next. */
  kill(id: string): void {
    const member = this.#members.get(id)
    if (member) member.isDead = true
  }

  /** New sessions, one after the other. */
  join(count: number): void {
    for (let i = 0; i < count; i++) {
      const drawn = drawVariants(this.#view, { mount: live, query: '', sender }, this.#deps)
      const first = typeof drawn === 'string' ? undefined : drawn[0]
      if (!first) {
        this.refused++
        continue
      }
      this.#arrive(first.server)
      this.#sessions.push({ at: first.server.report.id, asksAtMs: this.#nowMs + this.#roll() * 10_000 })
    }
  }

  /** Lets time pass, in steps of 100 ms. */
  pass(seconds: number): void {
    for (let step = 0; step < seconds * 10; step++) {
      this.#nowMs += 100
      if (this.#nowMs % reportMs === 0) for (const id of this.#members.keys()) this.#report(id)
      for (const session of this.#sessions) if (session.asksAtMs <= this.#nowMs) this.#ask(session)
    }
  }

  /** Sessions at a server. */
  at(id: string): number {
    return this.#sessions.filter((session) => session.at === id).length
  }

  /** The share of each server's slots that is taken, in percent. */
  get utilisations(): Record<string, number> {
    return Object.fromEntries(
      [...this.#members.values()].map(({ id, max }) => [id, (this.at(id) / max) * 100]),
    )
  }

  #ask(session: Session): void {
    const isDead = this.#members.get(session.at)?.isDead === true
    const listener = { mount: live, query: '', sender, current: session.at }
    const steering = steer(this.#view, listener, {
      ...this.#deps,
      balance: this.#balance,
      isBusy: () => false,
    })
    session.asksAtMs = this.#nowMs + (steering?.ttlSeconds ?? 10) * 1000
    // a player whose server is gone takes the next pathway by itself
    const next = steering?.places.find(({ server }) => !isDead || server.report.id !== session.at)
    if (!next) {
      this.refused++
      return
    }
    if (next.server.report.id === session.at) return
    this.moved++
    this.#arrive(next.server)
    this.#lingering.push({ at: session.at, untilMs: this.#nowMs + 12_000 })
    session.at = next.server.report.id
  }

  #arrive(server: Server): void {
    server.debit++
    const member = this.#members.get(server.report.id)
    if (member) member.joins++
  }

  #report(id: string): void {
    const member = this.#members.get(id)
    if (!member || member.isDead) return
    this.#lingering = this.#lingering.filter(({ untilMs }) => untilMs > this.#nowMs)
    const listeners = this.at(id) + this.#lingering.filter(({ at }) => at === id).length
    const mounts = [mountReport('/live.mp3', { listeners, joins: member.joins })]
    const report = { maxListeners: member.max, listeners, joins: member.joins, mounts }
    this.#view.put(serverOf(id, report, { receivedAtMs: this.#nowMs, drained: member.drained }))
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

const sender = { secure: false, address: '192.0.2.1' }
