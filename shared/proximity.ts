/** A place on earth in degrees. */
export interface Place {
  latitude: number
  longitude: number
}

const earthRadiusKm = 6371
/** km over which a server's pull falls to 1/e: about 20 ms of fibre there and back (anchors E.4) */
const reachKm = 2000
/** part of a server's free slots that demand may claim within the horizon: the rest is for what the estimate misses */
const claimMax = 0.9
/** how hard a multiplier is pulled towards its bound; below 1, so that servers do not push demand to and fro */
const damping = 0.7
const roundsMax = 60

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

/** Listeners of one region: how many are expected within the horizon, and how strongly each server pulls them. */
export interface Demand {
  joins: number
  /** by server, in (0, 1] */
  pulls: Float64Array
}

/**
 * Multipliers in (0, 1], one a server, that cap proximity so that no server is expected to be filled before the rest
 * (anchors E.4, after DONAR): with weights `free × pull × multiplier` in every region, the joins expected within the
 * horizon claim at most nine tenths of each server's free slots.
 * Undefined where all demand together claims more than nine tenths of all room: then only weights by free slots keep
 * every server from filling early (anchors E.2, Property 1), and places must not count.
 *
 * `start` are multipliers of an earlier moment, to begin from; with them a few rounds are enough.
 */
export function capProximity(
  free: Float64Array,
  demands: readonly Demand[],
  start?: Float64Array,
): Float64Array | undefined {
  const room = sum(free)
  const joins = demands.reduce((total, demand) => total + demand.joins, 0)
  if (joins > claimMax * room) return undefined
  const multipliers =
    start?.length === free.length ? start.map((m) => Math.min(1, m * 1.5)) : free.map(() => 1)
  const claims = new Float64Array(free.length)
  for (let round = 0; round < roundsMax; round++) {
    claim(claims, free, demands, multipliers)
    if (!lower(multipliers, claims, free)) return multipliers
  }
  return claims.every((claimed, i) => claimed <= claimMax * (free[i] ?? 0) * 1.01) ? multipliers : undefined
}

const sum = (numbers: Float64Array) => numbers.reduce((total, each) => total + each, 0)

/** Writes into `claims` the joins that each server is expected to get. */
function claim(
  claims: Float64Array,
  free: Float64Array,
  demands: readonly Demand[],
  multipliers: Float64Array,
): void {
  claims.fill(0)
  for (const { joins, pulls } of demands) {
    let total = 0
    for (let i = 0; i < free.length; i++) total += (free[i] ?? 0) * (pulls[i] ?? 0) * (multipliers[i] ?? 0)
    if (total === 0) continue
    const scale = joins / total
    for (let i = 0; i < free.length; i++)
      claims[i] = (claims[i] ?? 0) + scale * (free[i] ?? 0) * (pulls[i] ?? 0) * (multipliers[i] ?? 0)
  }
}

/** Lowers the multipliers of servers that are claimed over their bound; false where none is. */
function lower(multipliers: Float64Array, claims: Float64Array, free: Float64Array): boolean {
  let lowered = false
  for (let i = 0; i < free.length; i++) {
    const bound = claimMax * (free[i] ?? 0)
    const claimed = claims[i] ?? 0
    if (claimed <= bound * 1.001) continue
    multipliers[i] = (multipliers[i] ?? 1) * (bound / claimed) ** damping
    lowered = true
  }
  return lowered
}
