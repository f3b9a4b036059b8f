import type { GeoLocation, Whereabouts } from '../../geo.ts'
import { serves } from '../server.ts'
import { Drum } from './drum.ts'
import type { Candidate, Pool } from './pool.ts'
import { type Cap, capProximity, type Demand, pull } from './proximity.ts'

/** degrees of a region's side: all listeners of a region are assumed to be at its center, at most 200 km off */
const cellDegrees = 2.5
/** cells from west to east; one more than fit into 360 degrees, for longitude 180 itself */
const cellsAround = 360 / cellDegrees + 1
const noCell = -1
/** regions with a drum, per mount: the cities of the world are in 1,500; beyond this number the oldest is dropped */
const regionsMax = 2048
/** … and fewer if there are many servers: a region keeps a number for each server, and all regions together at most this many: 16 MB */
const pairsMax = 2_000_000
/** … but always at least this many, however many servers there are: the populated core of a continent */
const regionsMin = 128
/** regions without a location, one for each kind of country; beyond this number the oldest is dropped */
const kindsMax = 128
/** ms for which the values computed for the regions stay valid, unless a server appears, disappears or moves … */
const rebuildMs = 1000
/** … which has to wait a ms for every so many pairs of region and server: a thousand new servers a second must not cost a round each */
const pairsPerMs = 1000
/** pairs of region and server that one round of the prices may visit: some ms, in which no listener is answered */
const pairsPerTurn = 3_000_000
/** ms without a listener after which a region is forgotten */
const regionMemoryMs = 300_000
/** weight of the newest second in a region's rate */
const newness = 0.3
/** joins a second: a region with less than one join in three hours does not count as demand */
const rateMin = 1e-4
/** tickets in a region's drum: keeps its sums exact */
const ticketsMax = 2 ** 50
/** tickets for a free slot of the server that pulls most; a server with a millionth of that pull gets none in this region */
const ticketsPerSlot = 2 ** 20

/** The properties of a request that matter for a draw by region. */
interface Drawn {
  from?: Whereabouts | undefined
  /** a server to leave out, by its id */
  except?: string | undefined
  /** a request that does not become a join */
  probe?: boolean | undefined
}

const nowhere: Whereabouts = {}

interface Region {
  location: GeoLocation | undefined
  country: string | undefined
  /** the servers worth drawing here, by position in the drum: their index in the pool, and the weight of a free slot */
  near: { drum: Drum; indexes: number[]; factors: number[]; round: number }
  /** all servers that may get a listener of this country, ignoring locations: by slots minus the debit, and before it */
  blind: { weighed: Drum; free: Drum; round: number }
  /** by index of the pool: how strongly each server pulls; 0 if its country rule excludes it */
  pulls: Float64Array
  /** the value of the pool's `changes` that they were computed for */
  pullsChanges: number
  /** joins since the last round, and the rate of joins a second before it */
  joins: number
  rate: number
  lastAskedMs: number
}

/** The joins of all mounts of a decider. Mounts share the room of their servers, and each claims its part. */
export class TotalDemand {
  #rate = new JoinRate()

  join(nowMs: number): void {
    this.#rate.add(nowMs)
  }

  /** The part of a mount with this rate of joins, in (0, 1]. */
  shareOf(rate: number, nowMs: number): number {
    const total = this.#rate.at(nowMs)
    return total <= rate || rate === 0 ? 1 : rate / total
  }
}

/** A rate per second; the newest second counts three tenths. */
export class JoinRate {
  #rate = 0
  #count = 0
  #sinceMs: number | undefined

  add(nowMs: number): void {
    this.at(nowMs)
    this.#count++
  }

  at(nowMs: number): number {
    this.#sinceMs ??= nowMs
    const seconds = Math.floor((nowMs - this.#sinceMs) / 1000)
    if (seconds >= 1) {
      this.#rate += (this.#count / seconds - this.#rate) * (1 - (1 - newness) ** seconds)
      this.#count = 0
      this.#sinceMs += seconds * 1000
    }
    return this.#rate
  }
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
  #weights = new Float64Array(0)
  #round = 0
  #roundMs = Number.NEGATIVE_INFINITY
  #roundChanges = -1

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
      region.pulls = other.pulls
      region.pullsChanges = other.pullsChanges
      move(other, region, share)
      regions.#regions.set(key, region)
    }
    return regions
  }

  /** Adds the demand of others, whose mounts have come here, where it is known which region it is of. */
  absorb(others: Regions): void {
    for (const [key, other] of others.#regions) {
      const region = this.#regions.get(key)
      if (region && region.country === other.country) move(other, region, 1)
    }
  }

  /** The number of regions that have a drum. */
  get size(): number {
    return this.#regions.size
  }

  /** Like {@link Pool.draw}, for a listener of a location and country; a probe does not count as demand. */
  draw({ from = nowhere, except, probe }: Drawn, nowMs: number, roll: () => number): Candidate | undefined {
    if (!probe) this.#total.join(nowMs)
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
    this.#fill(region)
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
    const key = keyOf(cell, kind)
    return this.#regions.get(key) ?? this.#create(key, cell, kind === 0 ? undefined : country, nowMs)
  }

  #create(key: number, cell: number, country: string | undefined, nowMs: number): Region {
    const isLocated = cell !== noCell
    if (isLocated && this.#regions.size - this.#unlocated >= this.#regionsMax) this.#forgetOldest(true)
    if (!isLocated && this.#unlocated >= kindsMax) this.#forgetOldest(false)
    const region = createRegion(this.#pool, middleOf(cell), country, nowMs)
    if (!isLocated) this.#unlocated++
    this.#regions.set(key, region)
    return region
  }

  get #regionsMax(): number {
    return Math.max(regionsMin, Math.min(regionsMax, Math.floor(pairsMax / Math.max(1, this.#pool.size))))
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

  /** Forgets the oldest region, of those with a location or of those without. */
  #forgetOldest(isLocated: boolean): void {
    for (const [key, { location }] of this.#regions) {
      if ((location !== undefined) !== isLocated) continue
      this.#forget(key)
      return
    }
  }

  #forget(key: number): void {
    if (this.#regions.get(key)?.location === undefined) this.#unlocated--
    this.#regions.delete(key)
  }

  /** Updates the expected demand of each region and the resulting caps, once a second or when servers have changed. */
  #refresh(nowMs: number): void {
    const pool = this.#pool
    const isSame = this.#roundChanges === pool.changes
    const standsMs = isSame ? rebuildMs : Math.floor((this.#regions.size * pool.size) / pairsPerMs)
    if (nowMs - this.#roundMs < Math.min(rebuildMs, standsMs)) return
    const seconds = Math.max(rebuildMs, nowMs - this.#roundMs) / 1000
    for (const [key, region] of this.#regions) {
      const rate = Number.isFinite(seconds) ? region.joins / seconds : 0
      region.rate += (rate - region.rate) * (1 - (1 - newness) ** Math.min(seconds, 60))
      if (region.rate < rateMin) region.rate = 0
      region.joins = 0
      if (nowMs - region.lastAskedMs > regionMemoryMs) this.#forget(key)
    }
    this.#roundMs = nowMs
    this.#rework(nowMs)
  }

  #rework(nowMs: number): void {
    const pool = this.#pool
    const { size, meanFactor } = pool
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
      if (region.rate > 0) demands.push({ rate: region.rate * meanFactor, pulls: pullsIn(pool, region) })
    }
    const share = this.#total.shareOf(own, nowMs)
    const rounds = Math.floor(pairsPerTurn / Math.max(1, demands.length * size))
    this.#cap = capProximity({ free, blindS, share }, demands, this.#cap.multipliers, rounds)
    this.#weights = free
    this.#round++
    this.#roundChanges = pool.changes
  }

  /** Fills a region's drum of near servers, at most once a round. */
  #fill(region: Region): void {
    const { near } = region
    if (near.round === this.#round) return
    near.round = this.#round
    const pulls = pullsIn(this.#pool, region)
    const { multipliers } = this.#cap
    let most = 0
    for (let i = 0; i < pulls.length; i++)
      if ((this.#weights[i] ?? 0) > 0) most = Math.max(most, (pulls[i] ?? 0) * (multipliers[i] ?? 0))
    near.indexes.length = 0
    near.factors.length = 0
    let total = 0
    for (let i = 0; most > 0 && i < pulls.length; i++) {
      const factor = ((pulls[i] ?? 0) * (multipliers[i] ?? 0)) / most
      if (factor * ticketsPerSlot < 1 || (this.#weights[i] ?? 0) === 0) continue
      near.indexes.push(i)
      near.factors.push(factor)
      total += factor * (this.#weights[i] ?? 0)
    }
    const scale = Math.min(ticketsPerSlot, ticketsMax / Math.max(1, total))
    const tickets = new Float64Array(near.indexes.length)
    for (const [at, index] of near.indexes.entries()) {
      near.factors[at] = (near.factors[at] ?? 0) * scale
      tickets[at] = Math.round((this.#weights[index] ?? 0) * (near.factors[at] ?? 0))
    }
    near.drum.fill(tickets)
  }

  /** Fills a region's drums of all servers that may get its listeners, again after each report, since it may have brought room. */
  #fillBlind(region: Region, nowMs: number): void {
    const { blind } = region
    const pool = this.#pool
    if (blind.round === pool.puts) return
    blind.round = pool.puts
    const pulls = pullsIn(pool, region)
    const may = (i: number, slots: number) => ((pulls[i] ?? 0) > 0 ? slots : 0)
    blind.weighed.fill(Float64Array.from(pulls, (_, i) => may(i, pool.weightAt(i, nowMs))))
    blind.free.fill(Float64Array.from(pulls, (_, i) => may(i, pool.freeAt(i, nowMs))))
  }
}

/** upper bound of the kinds of countries: ISO 3166 has at most 26 × 26 codes */
const kindsAll = 1024

const keyOf = (cell: number, kind: number): number => cell * kindsAll + kind

/** The cell that contains a location, as a number: a string for each listener would cost more than its draw. */
const cellOf = ({ latitude, longitude }: GeoLocation): number =>
  Math.floor((latitude + 90) / cellDegrees) * cellsAround + Math.floor((longitude + 180) / cellDegrees)

const middleOf = (cell: number): GeoLocation | undefined =>
  cell === noCell
    ? undefined
    : {
        latitude: (Math.floor(cell / cellsAround) + 0.5) * cellDegrees - 90,
        longitude: ((cell % cellsAround) + 0.5) * cellDegrees - 180,
      }

function createRegion(
  pool: Pool,
  location: GeoLocation | undefined,
  country: string | undefined,
  nowMs: number,
): Region {
  const indexes: number[] = []
  const factors: number[] = []
  const weigh = (at: number, now: number) =>
    Math.round(pool.weightAt(indexes[at] ?? -1, now) * (factors[at] ?? 0))
  const region: Region = {
    location,
    country,
    near: { drum: new Drum(weigh), indexes, factors, round: -1 },
    blind: {
      weighed: new Drum((i, now) => (region.pulls[i] ? pool.weightAt(i, now) : 0)),
      free: new Drum((i, now) => (region.pulls[i] ? pool.freeAt(i, now) : 0)),
      round: -1,
    },
    pulls: new Float64Array(0),
    pullsChanges: -1,
    joins: 0,
    rate: 0,
    lastAskedMs: nowMs,
  }
  return region
}

/** Moves a share of the demand of one region to another. */
function move(from: Region, to: Region, share: number): void {
  const rate = from.rate * share
  const joins = from.joins * share
  from.rate -= rate
  from.joins -= joins
  to.rate += rate
  to.joins += joins
}

/**
 * How strongly each server of the pool pulls a region. A distance is computed again when its server has appeared or moved,
 * not when another one has.
 */
function pullsIn(pool: Pool, region: Region): Float64Array {
  const { pullsChanges, pulls: before } = region
  if (pullsChanges === pool.changes) return before
  region.pullsChanges = pool.changes
  // a new array, since another group's region may have the old one
  const pulls = new Float64Array(pool.size)
  let most = 0
  let unknown = false
  for (let i = 0; i < pulls.length; i++) {
    const isKept = i < before.length && pool.changedAt(i) <= pullsChanges
    const server = pool.at(i)?.server
    const isLocated = server?.location !== undefined && region.location !== undefined
    if (!server || (isKept && before[i] === 0)) continue
    if (!isLocated) unknown = true
    else if (isKept) pulls[i] = before[i] ?? 0
    else if (serves(server.report, region.country))
      pulls[i] = Math.max(Number.MIN_VALUE, pull(region.location, server.location))
    most = Math.max(most, pulls[i] ?? 0)
  }
  if (unknown) countAsNearest(pool, region, pulls, most || 1)
  region.pulls = pulls
  return pulls
}

/** A server of unknown location counts as near as the nearest. */
function countAsNearest(pool: Pool, region: Region, pulls: Float64Array, nearest: number): void {
  for (let i = 0; i < pulls.length; i++) {
    const server = pool.at(i)?.server
    if (server && !(server.location && region.location) && serves(server.report, region.country))
      pulls[i] = nearest
  }
}
