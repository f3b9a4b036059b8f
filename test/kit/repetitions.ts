/**
 * How often a test repeats what it does: all times before a change is sent in (`npm test` sets `ALL_REPETITIONS`), a
 * tenth of them at each save (`npm run test:unit`).
 */
export const repetitions = (all: number): number =>
  process.env.ALL_REPETITIONS === '1' ? all : Math.ceil(all / 10)
