/**
 * How often a test repeats what it does: a tenth of `all` at each save (project `unit`), all of them before a change is
 * sent in (project `crowds`, which runs every file that imports this one).
 */
export const repetitions = (all: number): number =>
  process.env.ALL_REPETITIONS === '1' ? all : Math.ceil(all / 10)
