import { limits } from '../limits.ts'
import { Drum } from './drum.ts'
import { type Server, serves, slotsTaken } from './server.ts'

/** A server that carries a mount, as a draw sees it. */
export interface Candidate {
  readonly server: Server
  /** free slots for this mount by the server's report, before the debit; at least 0 */
  readonly free: number
  /** as {@link openUntilMs} says of its server: held here, since a draw looks at it and at nothing else of the report */
  readonly openUntilMs: number
  /** the mount at this server, by the scheme of the request: a `Location` but for the query */
  readonly url: string
  /** whether it carries the mount now: an icecast-kh slave and a polled server do while a live master does */
  readonly carries: (nowMs: number) => boolean
}

const freeOf = (candidate: Candidate | undefined, nowMs: number): number =>
  candidate && nowMs <= candidate.openUntilMs && candidate.carries(nowMs) ? candidate.free : 0

const weightOf = (candidate: Candidate | undefined, nowMs: number): number => {
  const free = freeOf(candidate, nowMs)
  return free === 0 || !candidate ? 0 : Math.max(0, free - slotsTaken(candidate.server))
}

const hasMoved = (before: Server, after: Server) =>
  before.place?.latitude !== after.place?.latitude ||
  before.place?.longitude !== after.place?.longitude ||
  before.report.countries?.allow !== after.report.countries?.allow ||
  before.report.countries?.codes.join() !== after.report.countries?.codes.join()

/** The candidates of one mount for one scheme, ready to draw from in proportion to weight (docs/protocol.md#the-decision). */
export class Pool {
  #candidates: (Candidate | undefined)[] = []
  #indexes = new Map<string, number>()
  #unused: number[] = []
  #placed = 0
  #ruled = 0
  #changes = 0
  #puts = 0
  /** tickets: free slots less the debit */
  #weighed = new Drum((index, nowMs) => this.weightAt(index, nowMs))
  /** tickets: free slots; drawn from where every weight is 0 */
  #free = new Drum((index, nowMs) => this.freeAt(index, nowMs))

  /** How many indexes there are; some may be empty. */
  get size(): number {
    return this.#candidates.length
  }

  /** Grows with every server that comes, goes, moves or changes its rule on countries, so that what is worked out from all of them can follow. */
  get changes(): number {
    return this.#changes
  }
  /** Grows with every report that reaches the pool: whatever it was, some weight may have risen. */
  get puts(): number {
    return this.#puts
  }
  /** Whether the place of any server is known. */
  get isPlaced(): boolean {
    return this.#placed > 0
  }
  /** Whether any server has a rule on countries. */
  get isRuled(): boolean {
    return this.#ruled > 0
  }

  /** The countries that any server has a rule on, each once. Looks at every server. */
  ruledCountries(): string[] {
    const countries = new Set<string>()
    for (const candidate of this.#candidates)
      for (const code of candidate?.server.report.countries?.codes ?? []) countries.add(code)
    return [...countries]
  }

  at(index: number): Candidate | undefined {
    return this.#candidates[index]
  }

  /** Where a server stands, by its id; -1 where it does not. */
  indexOf(id: string | undefined): number {
    return id === undefined ? -1 : (this.#indexes.get(id) ?? -1)
  }

  /** Free slots at an index now, before the debit; 0 where its server is out. */
  freeAt(index: number, nowMs: number): number {
    return freeOf(this.#candidates[index], nowMs)
  }

  /** Free slots at an index now, less the debit. */
  weightAt(index: number, nowMs: number): number {
    return weightOf(this.#candidates[index], nowMs)
  }

  put(candidate: Candidate): void {
    const { id } = candidate.server.report
    const index = this.#indexes.get(id) ?? this.#unused.pop() ?? this.#candidates.length
    this.#indexes.set(id, index)
    // the text from before lies close to the others: a new one with each report would end up all over the memory
    const url = this.#candidates[index]?.url
    this.#setAt(index, url === candidate.url ? { ...candidate, url } : candidate)
  }

  remove(id: string): void {
    const index = this.#indexes.get(id)
    if (index === undefined) return
    this.#indexes.delete(id)
    this.#unused.push(index)
    this.#setAt(index, undefined)
  }

  /**
   * Draws one candidate, leaving out the server `except`; undefined where none has a free slot.
   * `roll` gives numbers in [0, 1): the same numbers give the same candidate.
   */
  draw(nowMs: number, roll: () => number, except?: string): Candidate | undefined {
    const out = this.indexOf(except)
    const index = this.#weighed.draw(nowMs, roll, out)
    return this.#candidates[index >= 0 ? index : this.#free.draw(nowMs, roll, out)]
  }

  /**
   * Draws up to `count` candidates without repeats, each in proportion to weight among those left
   * (keys of Efraimidis and Spirakis, 2006), among those that serve the listener's country.
   * For playlists: it looks at every candidate, and allocates.
   */
  drawSeveral(nowMs: number, roll: () => number, count: number, country?: string): Candidate[] {
    const weigh = this.#candidates.some((each) => weightOf(each, nowMs) > 0) ? weightOf : freeOf
    const keyed: { candidate: Candidate; key: number }[] = []
    for (const candidate of this.#candidates) {
      const weight = weigh(candidate, nowMs)
      if (candidate && weight > 0 && serves(candidate.server.report, country))
        keyed.push({ candidate, key: -Math.log(1 - roll()) / weight })
    }
    return keyed
      .sort((a, b) => a.key - b.key)
      .slice(0, count)
      .map(({ candidate }) => candidate)
  }

  /** Seconds until the next report of the server at an index, as it promised, and the report's way. */
  blindSecondsAt(index: number, nowMs: number): number {
    const server = this.#candidates[index]?.server
    if (!server) return 0
    const ageS = (nowMs - server.receivedAtMs) / 1000
    return Math.max(0, server.report.interval - ageS) + limits.deadlineGraceMs / 1000
  }

  /** Joins that a server sees for each redirect of ours, averaged over the servers. */
  get meanFactor(): number {
    let sum = 0
    let count = 0
    for (const each of this.#candidates) {
      if (!each) continue
      sum += each.server.factor
      count++
    }
    return sum / Math.max(1, count)
  }

  #setAt(index: number, candidate: Candidate | undefined): void {
    const before = this.#candidates[index]?.server
    const server = candidate?.server
    this.#placed += Number(server?.place !== undefined) - Number(before?.place !== undefined)
    this.#ruled +=
      Number(server?.report.countries !== undefined) - Number(before?.report.countries !== undefined)
    if (!before || !server || hasMoved(before, server)) this.#changes++
    this.#puts++
    this.#candidates[index] = candidate
    this.#weighed.set(index, candidate?.free ?? 0)
    this.#free.set(index, candidate?.free ?? 0)
  }
}
