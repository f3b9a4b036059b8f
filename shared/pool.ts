import { Lottery } from './lottery.ts'
import { isOpen, type Server, slotsTaken } from './server.ts'

/** A server that carries a mount, as a draw sees it. */
export interface Candidate {
  readonly server: Server
  /** free slots for this mount by the server's report, before the debit; at least 0 */
  readonly free: number
  /** what stands before the mount in a `Location`, by the scheme of the request */
  readonly base: string
  /** whether it carries the mount now: an icecast-kh slave does while a live master does */
  readonly carries: (nowMs: number) => boolean
}

/**
 * The candidates of one mount for one scheme, ready to draw from in proportion to weight (contract §3, Decision 3).
 *
 * The drums hold what each weight was when last looked at. Between two reports a weight only falls (a debit, a
 * deadline, a drain), so a ticket that is drawn is honoured with the chance `weight now ÷ weight held` and the drum
 * corrected: the draw stays exact, though no debit touches the drums of all the other mounts.
 */
export class Pool {
  #candidates: (Candidate | undefined)[] = []
  #indexes = new Map<string, number>()
  #unused: number[] = []
  /** tickets: free slots less the debit */
  #weighed = new Lottery()
  /** tickets: free slots; drawn from where every weight is 0 */
  #free = new Lottery()

  put(candidate: Candidate): void {
    const { id } = candidate.server.report
    const index = this.#indexes.get(id) ?? this.#unused.pop() ?? this.#add()
    this.#indexes.set(id, index)
    this.#candidates[index] = candidate
    this.#weighed.set(index, candidate.free)
    this.#free.set(index, candidate.free)
  }

  remove(id: string): void {
    const index = this.#indexes.get(id)
    if (index === undefined) return
    this.#indexes.delete(id)
    this.#unused.push(index)
    this.#candidates[index] = undefined
    this.#weighed.set(index, 0)
    this.#free.set(index, 0)
  }

  /**
   * Draws one candidate, leaving out the server `except`; undefined where none has a free slot.
   * `roll` gives numbers in [0, 1): the same numbers give the same candidate.
   */
  draw(nowMs: number, roll: () => number, except?: string): Candidate | undefined {
    const out = except === undefined ? undefined : this.#indexes.get(except)
    return (
      this.#drawFrom(this.#weighed, weightOf, nowMs, roll, out) ??
      this.#drawFrom(this.#free, freeOf, nowMs, roll, out)
    )
  }

  /**
   * Draws up to `count` candidates without repeats, each in proportion to weight among those left
   * (keys of Efraimidis and Spirakis, 2006). For playlists: it looks at every candidate, and allocates.
   */
  drawSeveral(nowMs: number, roll: () => number, count: number): Candidate[] {
    const weigh = this.#candidates.some((each) => each && weightOf(each, nowMs) > 0) ? weightOf : freeOf
    const keyed: { candidate: Candidate; key: number }[] = []
    for (const candidate of this.#candidates) {
      const weight = candidate ? weigh(candidate, nowMs) : 0
      if (candidate && weight > 0) keyed.push({ candidate, key: -Math.log(1 - roll()) / weight })
    }
    return keyed
      .sort((a, b) => a.key - b.key)
      .slice(0, count)
      .map(({ candidate }) => candidate)
  }

  #drawFrom(drum: Lottery, weigh: Weigh, nowMs: number, roll: () => number, out = -1): Candidate | undefined {
    const outWeight = out < 0 ? 0 : drum.weight(out)
    while (drum.total - outWeight > 0) {
      let ticket = roll() * (drum.total - outWeight)
      if (out >= 0 && ticket >= drum.before(out)) ticket += outWeight
      const index = drum.at(ticket)
      const held = drum.weight(index)
      const candidate = this.#candidates[index]
      const weight = candidate ? weigh(candidate, nowMs) : 0
      if (weight === held) return candidate
      const honoured = ticket - drum.before(index) < weight
      drum.set(index, weight)
      if (honoured) return candidate
    }
    return undefined
  }

  #add(): number {
    this.#free.add()
    return this.#weighed.add()
  }
}

type Weigh = (candidate: Candidate, nowMs: number) => number
const freeOf: Weigh = ({ server, free, carries }, nowMs) =>
  isOpen(server, nowMs) && carries(nowMs) ? free : 0
const weightOf: Weigh = (candidate, nowMs) =>
  Math.max(0, freeOf(candidate, nowMs) - slotsTaken(candidate.server))
