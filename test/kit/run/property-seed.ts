/** The seed of all properties unless `FC_SEED` names another: a run fails by what changed, not by chance. */
const usualSeed = 20_260_101

/** What `FC_SEED` asks for; undefined is for a seed that fast-check chooses for each property. */
export function seedOf(wanted: string | undefined): number | undefined {
  if (wanted === undefined || wanted === '') return usualSeed
  if (wanted === 'random') return undefined
  if (/^-?\d{1,10}$/.test(wanted)) return Number(wanted)
  throw new Error(`FC_SEED is ${JSON.stringify(wanted)}, expected an integer or "random"`)
}

/** The command that runs a failed property again, as often as it ran. */
export function replayCommand(seed: number, file: string, { ALL_REPETITIONS }: NodeJS.ProcessEnv): string {
  const repetitions = ALL_REPETITIONS === '1' ? ' ALL_REPETITIONS=1' : ''
  return `FC_SEED=${seed}${repetitions} ./distributary with vitest run ${file}`
}
