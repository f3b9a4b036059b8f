import type { Spot } from './geography.ts'

/** What the policies by distance know of a server: whether it may be drawn and has room by its last report and the own redirects since. */
export interface NearKnown {
  isFree: (index: number) => boolean
  /** km from the listener to each server */
  km: Float64Array
  servers: readonly (Spot | undefined)[]
  listener: Spot
}

export type ChooseNear = (known: NearKnown, roll: () => number) => number | undefined

/** The nearest server that has room; among those of one city the first, until that is full. */
export const nearestWithRoom: ChooseNear = ({ isFree, km }) => {
  let best: number | undefined
  for (let i = 0; i < km.length; i++)
    if (isFree(i) && (best === undefined || (km[i] ?? 0) < (km[best] ?? 0))) best = i
  return best
}

/** `WeightDistributionRange` of mirrorbits */
const range = 1.5

/**
 * The rule of mirrorbits, among the servers that have room (mirrorbits itself knows no room): of the servers up to 1.5 times as far as the
 * nearest, near ones more often, and those of the listener's country twice as often; often that is one.
 */
export const mirrorbits: ChooseNear = (known, roll) => {
  const { km, isFree, servers, listener } = known
  const open = Array.from(km, (_, i) => i).filter(isFree)
  if (open.length === 0) return undefined
  const kmOf = (i: number) => km[i] ?? 0
  const farthest = Math.floor(Math.max(...open.map(kmOf)))
  const closest = Math.min(...open.map(kmOf))
  const weights = open.map((i) => {
    const isHome = servers[i]?.country === listener.country
    let score = farthest - Math.floor(kmOf(i)) + 1
    if (kmOf(i) <= range * closest) score += Math.floor((farthest - kmOf(i)) / (isHome ? 1 : 2))
    else if (isHome) score += Math.floor(farthest - 5 * kmOf(i))
    return Math.max(0, Math.max(1, score) - farthest)
  })
  let left = roll() * weights.reduce((a, b) => a + b, 0)
  const drawn = open.find((_, at) => {
    left -= weights[at] ?? 0
    return left < 0
  })
  return drawn ?? nearestWithRoom(known, roll)
}
