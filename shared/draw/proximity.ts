import type { Place } from '../geo.ts'

const earthRadiusKm = 6371
/**
 * km over which a server's pull falls to 1/e: a listener goes past a near server with room once in some thousand times
 * for each further 700 km, and servers of one city share by free slots alone
 */
const reachKm = 100
/** part of a server's free slots that demand may claim before its next report: the rest is for what the estimate misses */
const claimMax = 0.9
/** how hard a multiplier is pulled towards its bound; below 1, so that servers do not push demand to and fro */
const damping = 0.7
/** the most that a multiplier moves in one round, up or down */
const stepMax = 100
/** rounds of one call: it goes on from where the last one ended, and what is still off is mixed with a blind draw */
const roundsMax = 12
/** a multiplier falls no lower: across the whole earth a pull is 10⁻⁸⁷ */
const multiplierMin = 1e-90

const radians = (degrees: number) => (degrees * Math.PI) / 180

/** Great-circle distance by the haversine formula, which keeps its digits for near places. */
export function distanceKm(a: Place, b: Place): number {
  const dLat = radians(b.latitude - a.latitude)
  const dLon = radians(b.longitude - a.longitude)
  const h =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(dLon / 2) ** 2
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** How strongly a server pulls a listener, in (0, 1]; 1 where either place is unknown. */
export const pull = (listener: Place | undefined, server: Place | undefined): number =>
  listener && server ? Math.exp(-distanceKm(listener, server) / reachKm) : 1

/** Listeners of one region: how many come in a second, and how strongly each server pulls them. */
export interface Demand {
  /** a second, those that other deciders send included */
  rate: number
  /** by server, in [0, 1]; 0: it may not have them at all */
  pulls: Float64Array
}

/** What each server may be claimed for; all by server. */
export interface Supply {
  /** free slots, less the debit */
  free: Float64Array
  /** s for which a decision of now stands unseen: until its next report */
  blindS: Float64Array
  /** part of the free slots that is this mount's to claim, in (0, 1]: others play on the same servers */
  share: number
}

/** How places count: with weights `free × pull × multiplier`, but in a part of all draws by free slots alone. */
export interface Cap {
  /** by server, in (0, 1] */
  multipliers: Float64Array
  /** part of the draws that are blind to places; 1: all of them */
  blind: number
}

/**
 * Caps proximity so that no server is expected to be filled before the rest (after Wendell et al., DONAR, SIGCOMM 2010): the
 * joins that each server is expected to get before its next report claim at most nine tenths of its free slots.
 *
 * The multipliers are prices, kept from one call to the next: a server that is claimed beyond its bound gets dearer, one
 * that is not gets cheaper again. Where they have not settled yet, or cannot, just so many draws are made blindly, in
 * proportion to free slots (Property 1), as keep every server within its bound.
 */
export function capProximity(supply: Supply, demands: readonly Demand[], start?: Float64Array): Cap {
  const { free } = supply
  const multipliers = start?.length === free.length ? Float64Array.from(start) : free.map(() => 1)
  const claims = new Float64Array(free.length)
  for (let round = 0; ; round++) {
    claim(claims, supply, demands, multipliers)
    if (round === roundsMax || !move(multipliers, claims, supply)) break
  }
  return { multipliers, blind: blindPart(claims, supply, demands) }
}

/** Writes into `claims` the joins that each server is expected to get before its next report. */
function claim(
  claims: Float64Array,
  { free, blindS }: Supply,
  demands: readonly Demand[],
  multipliers: Float64Array,
): void {
  claims.fill(0)
  const weights = free.map((slots, i) => slots * (multipliers[i] ?? 0))
  for (const { rate, pulls } of demands) {
    if (rate === 0) continue
    let total = 0
    for (let i = 0; i < weights.length; i++) total += (weights[i] ?? 0) * (pulls[i] ?? 0)
    if (total === 0) continue
    const scale = rate / total
    for (let i = 0; i < weights.length; i++)
      claims[i] = (claims[i] ?? 0) + scale * (weights[i] ?? 0) * (pulls[i] ?? 0) * (blindS[i] ?? 0)
  }
}

/** Moves the multipliers towards where every server is claimed for its bound at most; false where none has to. */
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
    }
    most = Math.max(most, multipliers[i] ?? 0)
  }
  // prices matter beside each other alone: where all have risen, they fall together
  if (most > 0 && most < 1)
    for (let i = 0; i < multipliers.length; i++) multipliers[i] = (multipliers[i] ?? 0) / most
  return moved
}

/** The least part of blind draws with which no server is claimed beyond its bound. */
function blindPart(
  claims: Float64Array,
  { free, blindS, share }: Supply,
  demands: readonly Demand[],
): number {
  const rate = demands.reduce((sum, demand) => sum + demand.rate, 0)
  const room = free.reduce((sum, slots) => sum + slots, 0)
  let part = 0
  for (let i = 0; i < claims.length; i++) {
    const slots = free[i] ?? 0
    const bound = claimMax * share * slots
    const claimed = claims[i] ?? 0
    if (claimed <= bound * 1.01 || slots === 0) continue
    const blindly = (rate * (blindS[i] ?? 0) * slots) / room
    if (blindly >= claimed) continue // blind draws would claim it more
    part = Math.max(part, blindly >= bound ? 1 : (claimed - bound) / (claimed - blindly))
  }
  return part
}
