import type { GeoLocation } from '../../geo.ts'
import { serves } from '../server.ts'
import { Drum } from './drum.ts'
import type { Pool } from './pool.ts'
import { excluded, pointOf } from './sites.ts'

/** degrees of a region's side: all listeners of a region are assumed to be at its center, at most 200 km off */
const cellDegrees = 2.5
/** cells from west to east; one more than fit into 360 degrees, for longitude 180 itself */
const cellsAround = 360 / cellDegrees + 1
export const noCell = -1

/** Listeners of one cell of the earth and one kind of country. */
export interface Region {
  location: GeoLocation | undefined
  country: string | undefined
  /** the servers worth drawing here */
  near: Near
  /**
   * all servers that may get a listener of this country, ignoring locations: by slots minus the debit, and before it; filled again after
   * each report, so that none of another country has tickets
   */
  blind: { weighed: Drum; free: Drum; round: number }
  /** by index of the pool: the distance in steps (sites.ts); `excluded` if its country rule excludes it */
  far: Uint16Array
  /** the value of the pool's `changes` that they were computed for */
  farChanges: number
  /** joins since the last round, and the rate of joins a second before it */
  joins: number
  rate: number
  lastAskedMs: number
}

/** Servers by position in a drum: their index in the pool, and the weight of a free slot. */
export interface Near {
  drum: Drum
  indexes: number[]
  factors: number[]
  /** what they were found for: the round, the value of the pool's `changes`, and when */
  round: number
  changes: number
  foundMs: number
}

/** upper bound of the kinds of countries: ISO 3166 has at most 26 × 26 codes */
const kindsAll = 1024

export const regionKeyOf = (cell: number, kind: number): number => cell * kindsAll + kind

/** The cell that contains a location, as a number: a string for each listener would cost more than its draw. */
export const cellOf = ({ latitude, longitude }: GeoLocation): number =>
  Math.floor((latitude + 90) / cellDegrees) * cellsAround + Math.floor((longitude + 180) / cellDegrees)

export const middleOf = (cell: number): GeoLocation | undefined =>
  cell === noCell
    ? undefined
    : {
        latitude: (Math.floor(cell / cellsAround) + 0.5) * cellDegrees - 90,
        longitude: ((cell % cellsAround) + 0.5) * cellDegrees - 180,
      }

export function createRegion(
  pool: Pool,
  location: GeoLocation | undefined,
  country: string | undefined,
  nowMs: number,
): Region {
  const indexes: number[] = []
  const factors: number[] = []
  // a rule may have changed, or the server at an index, since they were found
  const weigh = (at: number, now: number) => {
    const index = indexes[at] ?? -1
    return isServedAt(pool, index, region) ? Math.round(pool.weightAt(index, now) * (factors[at] ?? 0)) : 0
  }
  const region: Region = {
    location,
    country,
    near: { drum: new Drum(weigh), indexes, factors, round: -1, changes: -1, foundMs: nowMs },
    blind: {
      weighed: new Drum((i, now) => pool.weightAt(i, now)),
      free: new Drum((i, now) => pool.freeAt(i, now)),
      round: -1,
    },
    far: new Uint16Array(0),
    farChanges: -1,
    joins: 0,
    rate: 0,
    lastAskedMs: nowMs,
  }
  return region
}

/** Moves a share of the demand of one region to another. */
export function moveDemand(from: Region, to: Region, share: number): void {
  const rate = from.rate * share
  const joins = from.joins * share
  from.rate -= rate
  from.joins -= joins
  to.rate += rate
  to.joins += joins
}

/**
 * How far each server of the pool is from a region. A distance is computed again when its server has appeared or moved, not when
 * another one has. A server of unknown location counts as near as the nearest.
 */
export function farIn(pool: Pool, region: Region): Uint16Array {
  const { farChanges, far: before } = region
  if (farChanges === pool.changes) return before
  region.farChanges = pool.changes
  // a new array, since another group's region may have the old one
  const far = new Uint16Array(pool.size).fill(excluded)
  const point = region.location && pointOf(region.location)
  const unknown: number[] = []
  let nearest = excluded
  for (let i = 0; i < far.length; i++) {
    const last = pool.changedAt(i) <= farChanges ? before[i] : undefined
    if (!pool.at(i) || last === excluded || !isServedAt(pool, i, region)) continue
    if (!point || !pool.sites.isLocated(i)) unknown.push(i)
    else far[i] = last ?? pool.sites.farFrom(point, i)
    nearest = Math.min(nearest, far[i] ?? excluded)
  }
  for (const i of unknown) far[i] = nearest === excluded ? 0 : nearest
  region.far = far
  return far
}

/** Whether the rule of a server, if it has one, allows listeners of a region. */
function isServedAt(pool: Pool, index: number, { country }: Region): boolean {
  if (!pool.isRuled) return true
  const server = pool.at(index)?.server
  return server !== undefined && serves(server.report, country)
}
