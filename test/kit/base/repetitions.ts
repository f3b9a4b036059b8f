/** Whether tests repeat what they do as often as before a change is sent in: `npm test` sets `ALL_REPETITIONS`. */
export const isThorough = process.env.ALL_REPETITIONS === '1'

/**
 * How often a test repeats what it does: all times before a change is sent in, a twentieth of
 * them at each save (`npm run test:unit`).
 */
export const repetitions = (all: number): number => (isThorough ? all : Math.ceil(all / 20))

/** Seeds from 1 on, as many as {@link repetitions} says. */
export const seeds = (all: number): number[] => Array.from({ length: repetitions(all) }, (_, i) => i + 1)

/** Places within a text of this length, as many of them as {@link repetitions} says, from its beginning to its end. */
export const placesWithin = (length: number): number[] => {
  const count = repetitions(length - 1)
  return Array.from({ length: count }, (_, i) => 1 + Math.floor((i * (length - 1)) / count))
}
