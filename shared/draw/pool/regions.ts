import type { Whereabouts } from '../../geo.ts'
import { smoothed, type TotalDemand } from './demand.ts'
import type { Candidate, Pool } from './pool.ts'
import { type Cap, capSteps, type Demand } from './proximity.ts'
import {
  cellOf,
  createRegion,
  farIn,
  middleOf,
  moveDemand,
  noCell,
  type Region,
  regionKeyOf,
} from './region.ts'
import { excluded, pullsByFar } from './sites.ts'

/** regions with a drum, per mount: the cities of the world are in 1,500; beyond this number the oldest is dropped */
const regionsMax = 2048
/** … and fewer if there are many servers: a region keeps two bytes for each server, and all regions together at most this many numbers: 13 MB */
const pairsMax = 6_400_000
/** … but always at least this many, however many servers there are: the populated core of a continent */
const regionsMin = 128
/** regions without a location, one for each kind of country; beyond this number the oldest is dropped */
const kindsMax = 128
/** ms for which the values computed for the regions stay valid, unless a server appears, disappears or moves … */
const rebuildMs = 1000
/** … which has to wait a ms for every so many pairs of region and server: a thousand new servers a second must not cost a round each */
const pairsPerMs = 1000
/** pairs of region and server that one computation of the prices visits at most, but for one visit of each */
const pairsPerRound = 10_000_000
/** pairs that are visited at once, while no listener is answered: less than a millisecond … */
const pairsAtOnce = 100_000
/** … and the rest at the draws that follow, so many for each ms that has passed: less than a tenth of a core */
const pairsVisitedPerMs = 10_000
/** ms after which a region looks for new servers again while prices are computed */
const newcomersMs = 250
/** regions that are passed over as one has to be forgotten, because they had a listener within the last second */
const passedOverMax = 8
/** ms without a listener after which a region is forgotten */
const regionMemoryMs = 300_000
/** joins a second: a region with less than one join in three hours does not count as demand */
const rateMin = 1e-4
/** tickets in a region's drum: keeps its sums exact */
const ticketsMax = 2 ** 50
/** tickets for a free slot of the server that pulls most; a server with a millionth of that pull gets none in this region */
const ticketsPerSlot = 2 ** 20

/** How many regions with a location are kept over so many servers. */
export const regionsMaxOf = (servers: number): number =>
  Math.max(regionsMin, Math.min(regionsMax, Math.floor(pairsMax / servers)))

/** The properties of a request that matter for a draw by region. */
interface Drawn {
  from?: Whereabouts | undefined
  /** a server to leave out, by its id */
  except?: string | undefined
  /** a request that does not become a join */
  probe?: boolean | undefined
  /** an earlier draw for it has counted its join among all joins; that was in another pool */
  again?: boolean | undefined
}

const nowhere: Whereabouts = {}

/** Prices that are being computed. */
interface Solving {
  steps: Iterator<number, Cap>
  /** by index of the pool, as it began */
  free: Float64Array
  changes: number
  /** pairs that may be visited now, and the moment of the last visit */
  credit: number
  atMs: number
}

/**
 * Draws near servers before far ones as long as they have room, and never a server whose rule excludes the listener's
 * country. Each region of listeners has a drum of the servers worth drawing there. The weight of a slot in it is computed
 * once a second, capped so that no server fills before the rest.
 */
export class Regions {
  #pool: Pool
  #total: TotalDemand
  /** by cell and kind of country, the oldest first */
  #regions = new Map<number, Region>()
  /** how many of them have no location */
  #unlocated = 0
  /** by country named in some server's rule, from 1; all others are of kind 0, since no rule distinguishes them */
  #kinds = new Map<string, number>()
  #kindsChanges = -1
  #cap: Cap = { multipliers: new Float64Array(0), keep: new Float64Array(0) }
  /** by index of the pool: free slots minus the debit, at the start of this round */
  #weights: Float64Array = new Float64Array(0)
  #round = 0
  #roundMs = Number.NEGATIVE_INFINITY
  #roundChanges = -1
  /** undefined: it is not time yet for others */
  #solving: Solving | undefined
  /** by index of the pool, for {@link #find} */
  #factors = new Float64Array(0)

  constructor(pool: Pool, total: TotalDemand) {
    this.#pool = pool
    this.#total = total
  }

  /** Regions with the prices of others, and a share of their demand, which these lose. @param pool a copy of theirs */
  static partOf(others: Regions, pool: Pool, total: TotalDemand, share: number): Regions {
    const regions = new Regions(pool, total)
    regions.#unlocated = others.#unlocated
    regions.#kinds = others.#kinds
    regions.#kindsChanges = others.#kindsChanges
    regions.#cap = others.#cap
    // their round stands until it is time for the next: with many servers that may be a second away
    regions.#weights = others.#weights
    regions.#roundMs = others.#roundMs
    for (const [key, other] of others.#regions) {
      const region = createRegion(pool, other.location, other.country, other.lastAskedMs)
      region.far = other.far
      region.farChanges = other.farChanges
      moveDemand(other, region, share)
      regions.#regions.set(key, region)
    }
    return regions
  }

  /** Adds the demand of others, whose mounts have come here, where it is known which region it is of. */
  absorb(others: Regions): void {
    for (const [key, other] of others.#regions) {
      const region = this.#regions.get(key)
      if (region && region.country === other.country) moveDemand(other, region, 1)
    }
  }

  /** The number of regions that have a drum. */
  get size(): number {
    return this.#regions.size
  }

  /** Like {@link Pool.draw}, for a listener of a location and country; a probe does not count as demand. */
  draw(
    { from = nowhere, except, probe, again }: Drawn,
    nowMs: number,
    roll: () => number,
  ): Candidate | undefined {
    if (!probe && !again) this.#total.join(nowMs)
    if (!this.#pool.isLocated && !this.#pool.isRuled) return this.#pool.draw(nowMs, roll, except)
    const region = this.#regionOf(from, nowMs)
    if (!region) return this.#pool.draw(nowMs, roll, except)
    this.#refresh(nowMs)
    if (!probe) region.joins++
    region.lastAskedMs = nowMs
    // if all near slots have been taken since the last report, far servers serve as well
    return this.#drawNear(region, nowMs, roll, except) ?? this.#drawBlindly(region, nowMs, roll, except)
  }

  /** Draws by distance; undefined if no near server has room, or the drawn one sheds this listener. */
  #drawNear(region: Region, nowMs: number, roll: () => number, except?: string): Candidate | undefined {
    this.#find(region, nowMs)
    const { drum, indexes } = region.near
    const out = except === undefined ? -1 : indexes.indexOf(this.#pool.indexOf(except))
    const drawn = indexes[drum.draw(nowMs, roll, out)]
    if (drawn === undefined) return undefined
    const keep = this.#cap.keep[drawn] ?? 1
    return keep < 1 && roll() >= keep ? undefined : this.#pool.at(drawn)
  }

  /** Draws by free slots alone, among the servers that may get a listener of this country. */
  #drawBlindly(region: Region, nowMs: number, roll: () => number, except?: string): Candidate | undefined {
    if (!this.#pool.isRuled) return this.#pool.draw(nowMs, roll, except)
    this.#fillBlind(region, nowMs)
    const out = this.#pool.indexOf(except)
    const { weighed, free } = region.blind
    const drawn = weighed.draw(nowMs, roll, out)
    return this.#pool.at(drawn >= 0 ? drawn : free.draw(nowMs, roll, out))
  }

  /** The region of a listener; undefined if nothing relevant is known about the listener. */
  #regionOf({ location, country }: Whereabouts, nowMs: number): Region | undefined {
    const { isLocated, isRuled } = this.#pool
    const cell = isLocated && location ? cellOf(location) : noCell
    if (cell === noCell && !isRuled) return undefined
    const kind = isRuled ? this.#kindOf(country) : 0
    const key = regionKeyOf(cell, kind)
    return this.#regions.get(key) ?? this.#create(key, cell, kind === 0 ? undefined : country, nowMs)
  }

  #create(key: number, cell: number, country: string | undefined, nowMs: number): Region {
    const isLocated = cell !== noCell
    if (isLocated && this.#regions.size - this.#unlocated >= regionsMaxOf(this.#pool.size))
      this.#forgetOldest(true, nowMs)
    if (!isLocated && this.#unlocated >= kindsMax) this.#forgetOldest(false, nowMs)
    const region = createRegion(this.#pool, middleOf(cell), country, nowMs)
    if (!isLocated) this.#unlocated++
    this.#regions.set(key, region)
    return region
  }

  #kindOf(country: string | undefined): number {
    if (this.#kindsChanges !== this.#pool.changes) this.#numberKinds()
    return country === undefined ? 0 : (this.#kinds.get(country) ?? 0)
  }

  /** Numbers the kinds of countries; if other countries have rules than before, no region is valid any more. */
  #numberKinds(): void {
    this.#kindsChanges = this.#pool.changes
    const countries = this.#pool.ruledCountries()
    if (countries.length === this.#kinds.size && countries.every((each) => this.#kinds.has(each))) return
    this.#kinds = new Map(countries.map((each, i) => [each, i + 1]))
    this.#regions.clear()
    this.#unlocated = 0
  }

  /** Forgets the oldest region, of those with a location or of those without, that had no listener just now. */
  #forgetOldest(isLocated: boolean, nowMs: number): void {
    let passedOver = 0
    for (const [key, region] of this.#regions) {
      if ((region.location !== undefined) !== isLocated) continue
      if (nowMs - region.lastAskedMs < rebuildMs && passedOver++ < passedOverMax) {
        this.#regions.delete(key)
        this.#regions.set(key, region)
        continue
      }
      this.#forget(key)
      return
    }
  }

  #forget(key: number): void {
    if (this.#regions.get(key)?.location === undefined) this.#unlocated--
    this.#regions.delete(key)
  }

  /**
   * Updates the expected demand of each region and the resulting caps, once a second or when servers have changed. With very many
   * servers the caps are computed a part at each draw, and those of before hold until then.
   */
  #refresh(nowMs: number): void {
    this.#solving ??= this.#begin(nowMs)
    if (this.#solving) this.#solve(this.#solving, nowMs)
  }

  #begin(nowMs: number): Solving | undefined {
    const pool = this.#pool
    const isSame = this.#roundChanges === pool.changes
    const standsMs = isSame ? rebuildMs : Math.floor((this.#regions.size * pool.size) / pairsPerMs)
    if (nowMs - this.#roundMs < Math.min(rebuildMs, standsMs)) return undefined
    const seconds = Math.max(rebuildMs, nowMs - this.#roundMs) / 1000
    for (const [key, region] of this.#regions) {
      region.rate = smoothed(region.rate, region.joins / seconds, Math.min(seconds, 60))
      if (region.rate < rateMin) region.rate = 0
      region.joins = 0
      if (nowMs - region.lastAskedMs > regionMemoryMs) this.#forget(key)
    }
    this.#roundMs = nowMs
    return this.#solvingOf(nowMs)
  }

  #solvingOf(nowMs: number): Solving {
    const pool = this.#pool
    const { size, meanFactor, changes } = pool
    const free = new Float64Array(size)
    const blindS = new Float64Array(size)
    for (let i = 0; i < size; i++) {
      free[i] = pool.weightAt(i, nowMs)
      blindS[i] = pool.blindSecondsAt(i, nowMs)
    }
    const demands: Demand[] = []
    let own = 0
    for (const region of this.#regions.values()) {
      own += region.rate
      if (region.rate === 0) continue
      const far = farIn(pool, region)
      demands.push({ rate: region.rate * meanFactor, far, pulls: pullsByFar })
    }
    const share = this.#total.shareOf(own, nowMs)
    const rounds = Math.floor(pairsPerRound / Math.max(1, demands.length * size))
    const steps = capSteps({ free, blindS, share }, demands, this.#cap.multipliers, rounds)
    return { steps, free, changes, credit: pairsAtOnce, atMs: nowMs }
  }

  #solve(solving: Solving, nowMs: number): void {
    const earned = (nowMs - solving.atMs) * pairsVisitedPerMs
    solving.credit = Math.min(pairsAtOnce, solving.credit + Math.max(0, earned))
    solving.atMs = nowMs
    while (solving.credit > 0) {
      const { done, value } = solving.steps.next()
      if (done) {
        this.#show(value, solving)
        return
      }
      solving.credit -= value
    }
  }

  #show(cap: Cap, { free, changes }: Solving): void {
    this.#solving = undefined
    this.#cap = cap
    this.#weights = free
    this.#round++
    this.#roundChanges = changes
  }

  /** Finds the servers near a region, at most once a round, and newcomers while a round is computed. */
  #find(region: Region, nowMs: number): void {
    const { near } = region
    const pool = this.#pool
    const isSettled = near.changes === pool.changes || nowMs - near.foundMs < newcomersMs
    if (near.round === this.#round && isSettled) return
    near.round = this.#round
    near.changes = pool.changes
    near.foundMs = nowMs
    const far = farIn(pool, region)
    if (this.#factors.length < far.length) this.#factors = new Float64Array(2 * far.length)
    const factors = this.#factors
    const { multipliers } = this.#cap
    let most = 0
    for (let i = 0; i < far.length; i++) {
      const factor =
        this.#weightAt(i, nowMs) > 0 ? (pullsByFar[far[i] ?? excluded] ?? 0) * (multipliers[i] ?? 1) : 0
      factors[i] = factor
      if (factor > most) most = factor
    }
    near.indexes.length = 0
    near.factors.length = 0
    let total = 0
    for (let i = 0; most > 0 && i < far.length; i++) {
      const factor = (factors[i] ?? 0) / most
      if (factor * ticketsPerSlot < 1) continue
      near.indexes.push(i)
      near.factors.push(factor)
      total += factor * this.#weightAt(i, nowMs)
    }
    const scale = Math.min(ticketsPerSlot, ticketsMax / Math.max(1, total))
    const tickets = new Float64Array(near.indexes.length)
    for (const [at, index] of near.indexes.entries()) {
      near.factors[at] = (near.factors[at] ?? 0) * scale
      tickets[at] = Math.round(this.#weightAt(index, nowMs) * (near.factors[at] ?? 0))
    }
    near.drum.fill(tickets)
  }

  /** Free slots minus the debit as this round began; of a server that has come since, as of now. */
  #weightAt(index: number, nowMs: number): number {
    return this.#pool.changedAt(index) > this.#roundChanges
      ? this.#pool.weightAt(index, nowMs)
      : (this.#weights[index] ?? 0)
  }

  /** Fills a region's drums of all servers that may get its listeners, again after each report, since it may have brought room. */
  #fillBlind(region: Region, nowMs: number): void {
    const { blind } = region
    const pool = this.#pool
    if (blind.round === pool.puts) return
    blind.round = pool.puts
    const far = farIn(pool, region)
    const slotsBy = (slotsAt: (i: number) => number) =>
      Float64Array.from(far, (steps, i) => (steps === excluded ? 0 : slotsAt(i)))
    blind.weighed.fill(slotsBy((i) => pool.weightAt(i, nowMs)))
    blind.free.fill(slotsBy((i) => pool.freeAt(i, nowMs)))
  }
}
