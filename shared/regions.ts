import { Drum } from './drum.ts'
import type { Candidate, Pool } from './pool.ts'
import { capProximity, type Demand, type Place, pull } from './proximity.ts'
import { serves } from './server.ts'

/** Where a listener is, as far as it is known. */
export interface Whereabouts {
  place?: Place | undefined
  /** ISO 3166 code */
  country?: string | undefined
}

/** degrees of a region's side: listeners of one region are taken to be at its middle, at most 400 km off */
const cellDegrees = 5
/** cells from west to east; one more than 360 degrees hold, for those at 180 exactly */
const cellsAround = 360 / cellDegrees + 1
const noCell = -1
/** regions of places with drums of their own, per mount; listeners of further ones are drawn without regard to place */
const regionsMax = 128
/** regions without a place, one for each kind of country; beyond them the one that was asked for longest ago goes */
const kindsMax = 128
/** ms for which what was worked out for the regions stands */
const rebuildMs = 1000
/** ms of no listener after which a region is forgotten */
const regionMemoryMs = 300_000
/** part that the newest second has in a region's rate */
const newness = 0.3
/** tickets that a region's drum may hold, so that its sums stay exact */
const ticketsMax = 2 ** 50

/** What of a request bears on a draw by region. */
interface Drawn {
  from?: Whereabouts | undefined
  /** a server to leave out, by its id */
  except?: string | undefined
  /** nobody joins by it */
  probe?: boolean | undefined
}

const nowhere: Whereabouts = {}

interface Region {
  place: Place | undefined
  country: string | undefined
  weighed: Drum
  free: Drum
  /** by index of the pool: how strongly each server pulls; 0 where a country rule keeps it out */
  pulls: Float64Array
  /** the pool's changes that they were worked out for */
  pullsChanges: number
  /** by index of the pool: what a free slot weighs here */
  factors: Float64Array
  /** the rounds of {@link Regions} that the drums were filled for: the second is wanted only where the first is empty */
  weighedRound: number
  freeRound: number
  /** joins since the last round, and joins a second before it */
  joins: number
  rate: number
  lastAskedMs: number
}

/**
 * Draws near servers more often than far ones, and never one whose rule keeps it from the listener's country
 * (contract §3, Decision 3). Each region of listeners has drums over the pool's candidates; what a slot weighs in
 * them is worked out anew once a second, capped so that no server fills before the rest.
 */
export class Regions {
  #pool: Pool
  /** by cell and kind of country */
  #regions = new Map<number, Region>()
  /** how many of them have no place */
  #placeless = 0
  /** by country that some server has a rule on, from 1; all others are of kind 0, since no rule tells them apart */
  #kinds = new Map<string, number>()
  #kindsChanges = -1
  #multipliers: Float64Array | undefined
  /** by index of the pool, as they were when this round began: free slots, and those less the debit */
  #free = new Float64Array(0)
  #weights = new Float64Array(0)
  /** what a drum is filled from, the same memory for all */
  #tickets = new Float64Array(0)
  #round = 0
  #roundMs = Number.NEGATIVE_INFINITY
  #roundChanges = -1
  #roundPuts = -1

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** How many regions have drums of their own. */
  get size(): number {
    return this.#regions.size
  }

  /** As {@link Pool.draw}, for a listener of a place and country; what only asks does not count as demand. */
  draw({ from = nowhere, except, probe }: Drawn, nowMs: number, roll: () => number): Candidate | undefined {
    if (!this.#pool.isPlaced && !this.#pool.isRuled) return this.#pool.draw(nowMs, roll, except)
    const region = this.#regionOf(from, nowMs)
    if (!region) return this.#pool.draw(nowMs, roll, except)
    this.#refresh(nowMs)
    this.#fill(region)
    if (!probe) region.joins++
    region.lastAskedMs = nowMs
    const out = this.#pool.indexOf(except)
    const drawn = this.#drawIn(region, nowMs, roll, out)
    if (drawn || this.#roundPuts === this.#pool.puts) return drawn
    // a report since the last round may have brought room that these drums have not seen
    this.#rework(nowMs)
    this.#fill(region)
    return this.#drawIn(region, nowMs, roll, out)
  }

  #drawIn(region: Region, nowMs: number, roll: () => number, out: number): Candidate | undefined {
    const index = region.weighed.draw(nowMs, roll, out)
    if (index >= 0) return this.#pool.at(index)
    this.#fillFree(region)
    return this.#pool.at(region.free.draw(nowMs, roll, out))
  }

  /**
   * The region of a listener; undefined where nothing is known of it that matters. Where there are too many, places no longer
   * count for who is new, rules on countries always do.
   */
  #regionOf({ place, country }: Whereabouts, nowMs: number): Region | undefined {
    const { isPlaced, isRuled } = this.#pool
    const cell = isPlaced && place ? cellOf(place) : noCell
    const kind = isRuled ? this.#kindOf(country) : 0
    const ruled = kind === 0 ? undefined : country
    if (cell !== noCell) {
      const key = keyOf(cell, kind)
      const region = this.#regions.get(key)
      if (region) return region
      if (this.#regions.size - this.#placeless < regionsMax) return this.#create(key, cell, ruled, nowMs)
    }
    if (!isRuled) return undefined
    const key = keyOf(noCell, kind)
    const region = this.#regions.get(key)
    if (region) return region
    if (this.#placeless >= kindsMax) this.#dropOldestKind()
    this.#placeless++
    return this.#create(key, noCell, ruled, nowMs)
  }

  #create(key: number, cell: number, country: string | undefined, nowMs: number): Region {
    const region = createRegion(this.#pool, middleOf(cell), country, nowMs)
    this.#regions.set(key, region)
    return region
  }

  #kindOf(country: string | undefined): number {
    if (this.#kindsChanges !== this.#pool.changes) this.#numberKinds()
    return country === undefined ? 0 : (this.#kinds.get(country) ?? 0)
  }

  /** Where other countries have rules than before, the regions are those of other kinds. */
  #numberKinds(): void {
    this.#kindsChanges = this.#pool.changes
    const countries = this.#pool.ruledCountries()
    if (countries.length === this.#kinds.size && countries.every((each) => this.#kinds.has(each))) return
    this.#kinds = new Map(countries.map((each, i) => [each, i + 1]))
    this.#regions.clear()
    this.#placeless = 0
  }

  #dropOldestKind(): void {
    let oldest: { key: number; atMs: number } | undefined
    for (const [key, { place, lastAskedMs }] of this.#regions)
      if (!place && !(oldest && oldest.atMs <= lastAskedMs)) oldest = { key, atMs: lastAskedMs }
    if (oldest) this.#forget(oldest.key)
  }

  #forget(key: number): void {
    if (this.#regions.get(key)?.place === undefined) this.#placeless--
    this.#regions.delete(key)
  }

  /** Once a second, or when a server came or went: what each region is expected to ask for, and the caps that follow. */
  #refresh(nowMs: number): void {
    const pool = this.#pool
    if (nowMs - this.#roundMs < rebuildMs && this.#roundChanges === pool.changes) return
    const seconds = Math.max(rebuildMs, nowMs - this.#roundMs) / 1000
    for (const [key, region] of this.#regions) {
      const rate = Number.isFinite(seconds) ? region.joins / seconds : 0
      region.rate += (rate - region.rate) * newness
      region.joins = 0
      if (nowMs - region.lastAskedMs > regionMemoryMs) this.#forget(key)
    }
    this.#roundMs = nowMs
    this.#rework(nowMs)
  }

  #rework(nowMs: number): void {
    const pool = this.#pool
    this.#free = new Float64Array(pool.size)
    this.#weights = new Float64Array(pool.size)
    for (let i = 0; i < pool.size; i++) {
      this.#free[i] = pool.freeAt(i, nowMs)
      this.#weights[i] = pool.weightAt(i, nowMs)
    }
    const horizon = pool.horizonSeconds * pool.meanFactor
    const demands = [...this.#regions.values()].map(
      (region): Demand => ({
        joins: region.rate * horizon,
        pulls: pullsIn(pool, region),
      }),
    )
    this.#multipliers = capProximity(this.#weights, demands, this.#multipliers)
    this.#round++
    this.#roundChanges = pool.changes
    this.#roundPuts = pool.puts
  }

  /** Fills a region's first drum, once a round at most: in plain loops, the many calls of `map` for 10,000 servers cost more than the draws. */
  #fill(region: Region): void {
    if (region.weighedRound === this.#round) return
    region.weighedRound = this.#round
    const pulls = pullsIn(this.#pool, region)
    if (region.factors.length !== pulls.length) region.factors = new Float64Array(pulls.length)
    const { factors } = region
    let total = 0
    let most = 0
    for (let i = 0; i < factors.length; i++) {
      // without a cap places do not count, country rules always do
      const factor = this.#multipliers
        ? (pulls[i] ?? 0) * (this.#multipliers[i] ?? 0)
        : Math.sign(pulls[i] ?? 0)
      factors[i] = factor
      total += factor * (this.#free[i] ?? 0)
      most = Math.max(most, factor)
    }
    const scale = total > 0 ? Math.min(2 ** 20 / most, ticketsMax / total) : 0
    for (let i = 0; i < factors.length; i++) factors[i] = (factors[i] ?? 0) * scale
    region.weighed.fill(this.#ticketsOf(this.#weights, factors))
  }

  /** Fills the drum of free slots before the debit, for a region in which nobody has room after it. */
  #fillFree(region: Region): void {
    if (region.freeRound === this.#round) return
    region.freeRound = this.#round
    region.free.fill(this.#ticketsOf(this.#free, region.factors))
  }

  #ticketsOf(slots: Float64Array, factors: Float64Array): Float64Array {
    if (this.#tickets.length !== slots.length) this.#tickets = new Float64Array(slots.length)
    const tickets = this.#tickets
    for (let i = 0; i < tickets.length; i++) tickets[i] = Math.round((slots[i] ?? 0) * (factors[i] ?? 0))
    return tickets
  }
}

/** kinds of countries at most: ISO 3166 has 26 × 26 codes */
const kindsAll = 1024

const keyOf = (cell: number, kind: number): number => cell * kindsAll + kind

/** The number of the cell that a place lies in: a number, since a text for each listener costs more than its draw. */
const cellOf = ({ latitude, longitude }: Place): number =>
  Math.floor((latitude + 90) / cellDegrees) * cellsAround + Math.floor((longitude + 180) / cellDegrees)

const middleOf = (cell: number): Place | undefined =>
  cell === noCell
    ? undefined
    : {
        latitude: (Math.floor(cell / cellsAround) + 0.5) * cellDegrees - 90,
        longitude: ((cell % cellsAround) + 0.5) * cellDegrees - 180,
      }

function createRegion(
  pool: Pool,
  place: Place | undefined,
  country: string | undefined,
  nowMs: number,
): Region {
  const region: Region = {
    place,
    country,
    weighed: new Drum((i, now) => Math.round(pool.weightAt(i, now) * (region.factors[i] ?? 0))),
    free: new Drum((i, now) => Math.round(pool.freeAt(i, now) * (region.factors[i] ?? 0))),
    pulls: new Float64Array(0),
    pullsChanges: -1,
    factors: new Float64Array(0),
    weighedRound: -1,
    freeRound: -1,
    joins: 0,
    rate: 0,
    lastAskedMs: nowMs,
  }
  return region
}

/** How strongly each server of the pool pulls a region: worked out anew when one came, went or moved. */
function pullsIn(pool: Pool, region: Region): Float64Array {
  if (region.pullsChanges === pool.changes) return region.pulls
  region.pullsChanges = pool.changes
  region.pulls = Float64Array.from({ length: pool.size }, (_, i) => {
    const server = pool.at(i)?.server
    return server && serves(server.report, region.country) ? pull(region.place, server.place) : 0
  })
  return region.pulls
}
