import { limits } from '../../limits.ts'
import { type Mount, printMount } from '../../mount.ts'
import { leftAfterDebit, type Server, serves } from '../server.ts'
import { Drum } from './drum.ts'
import { Sites } from './sites.ts'

/** A server that carries a mount, in the form that a draw needs. */
export interface Candidate {
  readonly server: Server
  /** free slots for this mount according to the server's report, before the debit; at least 0 */
  readonly free: number
  /** the same, as far as slots alone bound them: more, where the line is what binds */
  readonly slots: number
  /** {@link openUntilMs} of its server, copied here because a draw needs nothing else of the report */
  readonly openUntilMs: number
  /** the server's url by the scheme of the request, without the mount */
  readonly base: string
  /** whether it carries the mount now: icecast-kh slaves and polled servers carry it only while a live master does */
  readonly carries: (nowMs: number) => boolean
}

/** The url of a mount at a candidate. */
export const urlAt = ({ base }: Candidate, mount: Mount): string => base + printMount(mount)

const freeOf = (candidate: Candidate | undefined, nowMs: number): number =>
  candidate && isOpen(candidate, nowMs) && candidate.carries(nowMs) ? candidate.free : 0

/** A server that is kept in although its report is late has to be looked at: only that is changed in it. */
const isOpen = ({ openUntilMs, server }: Candidate, nowMs: number): boolean =>
  nowMs <= openUntilMs || (openUntilMs > Number.NEGATIVE_INFINITY && nowMs <= server.heldUntilMs)

const weightOf = (candidate: Candidate | undefined, nowMs: number): number => {
  const free = freeOf(candidate, nowMs)
  return free === 0 || !candidate ? 0 : leftAfterDebit(candidate.server, candidate.slots, free)
}

const hasMoved = (before: Server, after: Server) =>
  before.location?.latitude !== after.location?.latitude ||
  before.location?.longitude !== after.location?.longitude ||
  before.report.countries?.allow !== after.report.countries?.allow ||
  before.report.countries?.codes.join() !== after.report.countries?.codes.join()

/** The candidates of one mount for one scheme, ready to draw from in proportion to weight (docs/protocol.md#the-decision). */
export class Pool {
  #candidates: (Candidate | undefined)[] = []
  #indexes = new Map<string, number>()
  #unused: number[] = []
  #located = 0
  #ruled = 0
  #changes = 0
  /** by index: the number of {@link changes} as it changed last */
  #changedAt: number[] = []
  #puts = 0
  #sites = new Sites()
  /** tickets: free slots minus the debit */
  #weighed = new Drum((index, nowMs) => this.weightAt(index, nowMs))
  /** tickets: free slots; used when every weight is 0 */
  #free = new Drum((index, nowMs) => this.freeAt(index, nowMs))

  /** A pool of the same candidates at the same indexes, which changes by itself from then on. */
  static copyOf(pool: Pool): Pool {
    const copy = new Pool()
    copy.#candidates = [...pool.#candidates]
    copy.#indexes = new Map(pool.#indexes)
    copy.#unused = [...pool.#unused]
    copy.#located = pool.#located
    copy.#ruled = pool.#ruled
    copy.#changes = pool.#changes
    copy.#changedAt = [...pool.#changedAt]
    copy.#puts = pool.#puts
    copy.#sites = Sites.copyOf(pool.#sites)
    const free = Float64Array.from(copy.#candidates, (candidate) => candidate?.free ?? 0)
    copy.#weighed.fill(free)
    copy.#free.fill(free)
    return copy
  }

  /** The number of indexes; some may be empty. */
  get size(): number {
    return this.#candidates.length
  }

  /** Grows whenever a server appears, disappears, moves or changes its country rule, so that derived values can be updated. */
  get changes(): number {
    return this.#changes
  }
  /** The number of {@link changes} when the server at an index appeared, disappeared, moved or changed its country rule. */
  changedAt(index: number): number {
    return this.#changedAt[index] ?? 0
  }
  /** Grows with every report that reaches the pool: any report may have raised a weight. */
  get puts(): number {
    return this.#puts
  }
  /** Where its servers are. */
  get sites(): Sites {
    return this.#sites
  }
  /** Whether the location of any server is known. */
  get isLocated(): boolean {
    return this.#located > 0
  }
  /** Whether any server has a country rule. */
  get isRuled(): boolean {
    return this.#ruled > 0
  }

  /** The countries named in any server's country rule, without repeats. Looks at every server. */
  ruledCountries(): string[] {
    const countries = new Set<string>()
    for (const candidate of this.#candidates)
      for (const code of candidate?.server.report.countries?.codes ?? []) countries.add(code)
    return [...countries]
  }

  at(index: number): Candidate | undefined {
    return this.#candidates[index]
  }

  /** The index of a server by its id; -1 if it is not in the pool. */
  indexOf(id: string | undefined): number {
    return id === undefined ? -1 : (this.#indexes.get(id) ?? -1)
  }

  /** Free slots at an index now, before the debit; 0 if its server is out. */
  freeAt(index: number, nowMs: number): number {
    return freeOf(this.#candidates[index], nowMs)
  }

  /** Free slots at an index now, minus the debit. */
  weightAt(index: number, nowMs: number): number {
    return weightOf(this.#candidates[index], nowMs)
  }

  put(candidate: Candidate): void {
    const { id } = candidate.server.report
    const index = this.#indexes.get(id) ?? this.#unused.pop() ?? this.#candidates.length
    this.#indexes.set(id, index)
    this.#setAt(index, candidate)
  }

  remove(id: string): void {
    const index = this.#indexes.get(id)
    if (index === undefined) return
    this.#indexes.delete(id)
    this.#unused.push(index)
    this.#setAt(index, undefined)
  }

  /**
   * Draws one candidate, leaving out the server `except`; undefined if none has a free slot.
   * `roll` gives numbers in [0, 1): the same numbers give the same candidate.
   */
  draw(nowMs: number, roll: () => number, except?: string): Candidate | undefined {
    const out = this.indexOf(except)
    const index = this.#weighed.draw(nowMs, roll, out)
    return this.#candidates[index >= 0 ? index : this.#free.draw(nowMs, roll, out)]
  }

  /**
   * Draws up to `count` candidates that serve the listener's country, without repeats, each in proportion to weight among
   * the remaining ones (keys of Efraimidis and Spirakis, 2006). For playlists: it looks at every candidate, and allocates.
   * @param may leaves servers out before any is weighed: one of them with free slots must not hide others whose slots are on their way
   */
  drawSeveral(
    nowMs: number,
    roll: () => number,
    count: number,
    country?: string,
    may: (server: Server) => boolean = () => true,
  ): Candidate[] {
    const eligible = this.#candidates.filter(
      (each) => each !== undefined && serves(each.server.report, country) && may(each.server),
    )
    const weigh = eligible.some((each) => weightOf(each, nowMs) > 0) ? weightOf : freeOf
    const keyed: { candidate: Candidate; key: number }[] = []
    for (const candidate of eligible) {
      const weight = weigh(candidate, nowMs)
      if (candidate && weight > 0) keyed.push({ candidate, key: -Math.log(1 - roll()) / weight })
    }
    return keyed
      .sort((a, b) => a.key - b.key)
      .slice(0, count)
      .map(({ candidate }) => candidate)
  }

  /** Seconds until the next promised report of the server at an index, plus the report's transit time. */
  blindSecondsAt(index: number, nowMs: number): number {
    const server = this.#candidates[index]?.server
    if (!server) return 0
    const ageS = (nowMs - server.receivedAtMs) / 1000
    return Math.max(0, server.report.interval - ageS) + limits.deadlineGraceMs / 1000
  }

  /** Joins that a server sees for each redirect by this decider, averaged over the servers. */
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
    this.#located += Number(server?.location !== undefined) - Number(before?.location !== undefined)
    this.#ruled +=
      Number(server?.report.countries !== undefined) - Number(before?.report.countries !== undefined)
    if (!before || !server || hasMoved(before, server)) {
      this.#changedAt[index] = ++this.#changes
      this.#sites.set(index, server?.location)
    }
    this.#puts++
    this.#candidates[index] = candidate
    this.#weighed.set(index, candidate?.free ?? 0)
    this.#free.set(index, candidate?.free ?? 0)
  }
}
