import type { GeoLocation } from '../../geo.ts'
import { wholeOf } from '../../http/slices.ts'

export const earthRadiusKm = 6371
/**
 * km over which a server's pull falls to 1/e: with 700 km more, a server with equal room is drawn about a thousand times less
 * often, and servers of one city share listeners by free slots alone
 */
export const reachKm = 100
/** fraction of a server's free slots that demand may claim before its next report: the rest covers errors of the estimate */
const claimMax = 0.9
/** how strongly a multiplier moves towards its target; below 1, so that servers do not push demand back and forth */
const damping = 0.7
/** the largest factor by which a multiplier changes in one round, up or down */
const stepMax = 100
/** rounds of one call: the next call continues from its result, and shed joins make up for what has not settled */
const roundsMax = 12
/** by how much a server may be claimed beyond its bound before it sheds joins */
const tolerance = 1.01
/** rounds in which the rate of blind draws is found, and its precision as a part of all joins */
const shedRoundsMax = 20
const blindPrecision = 1e-4
/** lower bound of a multiplier: across the whole earth a pull is 10⁻⁸⁷ */
const multiplierMin = 1e-90

const radians = (degrees: number) => (degrees * Math.PI) / 180

/** Great-circle distance by the haversine formula, which stays precise for small distances. */
export function distanceKm(a: GeoLocation, b: GeoLocation): number {
  const dLat = radians(b.latitude - a.latitude)
  const dLon = radians(b.longitude - a.longitude)
  const h =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(dLon / 2) ** 2
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** How strongly a server pulls a listener, in (0, 1]; 1 if either location is unknown. */
export const pull = (listener: GeoLocation | undefined, server: GeoLocation | undefined): number =>
  listener && server ? Math.exp(-distanceKm(listener, server) / reachKm) : 1

/** The listeners of one region: how many join in a second, and how strongly each server pulls them. */
export interface Demand {
  /** joins a second, including those that other deciders send */
  rate: number
  /** by server, how far it is, which is an index of {@link pulls}: a quarter of the memory of numbers for each server and region */
  far: Uint16Array
  /** in [0, 1]; 0: it must not get them at all */
  pulls: Float64Array
}

/** The room that demand may claim; arrays are by server. */
export interface Supply {
  /** free slots, minus the debit */
  free: Float64Array
  /** s until the next report, the first to show a decision made now */
  blindS: Float64Array
  /** fraction of the free slots that this mount may claim, in (0, 1]: other mounts play on the same servers */
  share: number
}

/** How locations count: weights are `free × pull × multiplier`. */
export interface Cap {
  /** by server, in (0, 1] */
  multipliers: Float64Array
  /** by server, the fraction of its draws that stand; each of the others is drawn again, blindly: by free slots alone */
  keep: Float64Array
}

/**
 * Caps proximity so that no server is expected to fill before the rest (after Wendell et al., DONAR, SIGCOMM 2010): the
 * joins that each server is expected to get before its next report claim at most nine tenths of its free slots.
 *
 * The multipliers act as prices and are kept from one call to the next: a server claimed beyond its bound gets more
 * expensive, any other gets cheaper again. As long as they have not settled, or if they cannot, a server that is claimed
 * beyond its bound sheds what is too much, and those listeners are drawn blindly, in proportion to free slots (Property 1).
 * @param rounds at most, and one at least
 */
export function capProximity(
  supply: Supply,
  demands: readonly Demand[],
  start?: Float64Array,
  rounds?: number,
): Cap {
  return wholeOf(capSteps(supply, demands, start, rounds))
}

/** The same in steps, one for each region: it yields how many pairs of region and server it has looked at. */
export function* capSteps(
  supply: Supply,
  demands: readonly Demand[],
  start?: Float64Array,
  rounds = roundsMax,
): Generator<number, Cap> {
  const { free } = supply
  // servers that have come since begin with the price of one that has room
  const multipliers = free.map((_, i) => start?.[i] ?? 1)
  const claims = new Float64Array(free.length)
  for (let round = 0; ; round++) {
    yield* claim(claims, supply, demands, multipliers)
    if (round >= Math.min(roundsMax, Math.max(1, rounds)) || !move(multipliers, claims, supply)) break
  }
  return { multipliers, keep: kept(claims, supply, demands) }
}

/** Writes into `claims` the joins that each server is expected to get before its next report. */
function* claim(
  claims: Float64Array,
  { free, blindS }: Supply,
  demands: readonly Demand[],
  multipliers: Float64Array,
): Generator<number, void> {
  claims.fill(0)
  const weights = free.map((slots, i) => slots * (multipliers[i] ?? 0))
  const pulled = new Float64Array(free.length)
  for (const demand of demands) {
    if (demand.rate === 0) continue
    addClaims(claims, demand, weights, blindS, pulled)
    yield free.length
  }
}

/** Adds the joins of one region. @param pulled for its own use */
function addClaims(
  claims: Float64Array,
  { rate, far, pulls }: Demand,
  weights: Float64Array,
  blindS: Float64Array,
  pulled: Float64Array,
): void {
  let total = 0
  for (let i = 0; i < weights.length; i++) {
    const weight = (weights[i] ?? 0) * (pulls[far[i] ?? 0] ?? 0)
    pulled[i] = weight
    total += weight
  }
  if (total === 0) return
  const scale = rate / total
  for (let i = 0; i < weights.length; i++)
    claims[i] = (claims[i] ?? 0) + scale * (pulled[i] ?? 0) * (blindS[i] ?? 0)
}

/** Moves the multipliers so that every server is claimed up to its bound at most; false if none had to move. */
function move(multipliers: Float64Array, claims: Float64Array, { free, share }: Supply): boolean {
  let moved = false
  let most = 0
  for (let i = 0; i < multipliers.length; i++) {
    const bound = claimMax * share * (free[i] ?? 0)
    const was = multipliers[i] ?? 1
    if (bound > 0) {
      const off = Math.min(
        stepMax,
        Math.max(1 / stepMax, (bound / Math.max(claims[i] ?? 0, 1e-9)) ** damping),
      )
      const now = Math.max(multiplierMin, Math.min(1, was * off))
      if (Math.abs(now - was) > was * 0.001) moved = true
      multipliers[i] = now
      most = Math.max(most, now)
    }
  }
  // only the ratios of prices matter: if those of all servers with room have risen, they fall together
  if (most > 0)
    for (let i = 0; i < multipliers.length; i++) multipliers[i] = Math.min(1, (multipliers[i] ?? 0) / most)
  return moved
}

/**
 * How much of each server's claims it may keep, so that with its part of the others' blind draws it is claimed up to its
 * bound. The rate of blind draws depends on the fractions and they on it: a few steps of Newton's method find it.
 */
function kept(claims: Float64Array, supply: Supply, demands: readonly Demand[]): Float64Array {
  const rate = demands.reduce((sum, demand) => sum + demand.rate, 0)
  const keep = new Float64Array(claims.length)
  let blindRate = 0
  for (let round = 0; ; round++) {
    const shed = keepBeside(blindRate, keep, claims, supply)
    const off = shed.rate - blindRate
    // what is shed saturates, so that a first step may go beyond: the next ones come back
    if (Math.abs(off) <= rate * blindPrecision || round === shedRoundsMax) return keep
    blindRate = Math.min(rate, blindRate + off / Math.max(1 - shed.slope, blindPrecision))
  }
}

/** Writes into `keep` what each server may keep beside blind draws of this rate; returns the rate that is shed, and its slope. */
function keepBeside(
  blindRate: number,
  keep: Float64Array,
  claims: Float64Array,
  { free, blindS, share }: Supply,
): { rate: number; slope: number } {
  const room = Math.max(
    1,
    free.reduce((sum, slots) => sum + slots, 0),
  )
  const shed = { rate: 0, slope: 0 }
  for (let i = 0; i < claims.length; i++) {
    const claimed = claims[i] ?? 0
    const horizonS = blindS[i] ?? 0
    const part = (free[i] ?? 0) / room
    const left = claimMax * share * (free[i] ?? 0) - blindRate * part * horizonS
    keep[i] = claimed <= left * tolerance ? 1 : Math.max(0, left / claimed)
    if (keep[i] === 1 || horizonS === 0) continue
    shed.rate += ((1 - (keep[i] ?? 0)) * claimed) / horizonS
    if (left > 0) shed.slope += part
  }
  return shed
}
