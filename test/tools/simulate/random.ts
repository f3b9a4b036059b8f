import { seededRoll } from '../../kit/parts/reports.ts'

/** Rolls in [0, 1), the same in every run with the same seed; different values of `stream` are independent. */
export const rolls = (seed: number, stream: number): (() => number) =>
  seededRoll(Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b))

/** The time until the next event of a Poisson process; infinite if the rate is 0. */
export const waitFor = (perSecond: number, roll: () => number): number =>
  perSecond <= 0 ? Number.POSITIVE_INFINITY : -Math.log(1 - roll()) / perSecond

/** A standard normal, by Box and Muller. */
export const normal = (roll: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll())

/** The row whose share contains a point of [0, 1), for rows with shares that add up to 1; undefined if there are none. */
export const byShare = <T>(rows: readonly T[], shareOf: (row: T) => number, point: number): T | undefined => {
  let left = point
  return (
    rows.find((row) => {
      left -= shareOf(row)
      return left < 0
    }) ?? rows.at(-1)
  )
}

/** Draws an index in proportion to its weight; undefined if all weights are 0. */
export function drawIndex(n: number, weigh: (index: number) => number, roll: () => number) {
  let total = 0
  for (let i = 0; i < n; i++) total += weigh(i)
  if (total <= 0) return undefined
  let left = roll() * total
  let last: number | undefined
  for (let i = 0; i < n; i++) {
    const weight = weigh(i)
    if (weight <= 0) continue
    left -= weight
    last = i
    if (left < 0) return i
  }
  return last
}
