import type { WorldPlan } from './plan.ts'
import { type Mutation, type Played, play } from './play.ts'

/** plays that a shrinking takes at most */
const playsMax = 120

/**
 * Cuts a plan that breaks a rule down to the faults that it takes: ever smaller pieces are left out as long as the same rule still
 * breaks, then the rest is made shorter.
 */
export async function shrink(
  plan: WorldPlan,
  mutate?: Mutation,
): Promise<{ plan: WorldPlan; played: Played }> {
  let best = plan
  let played = await play(plan, mutate)
  const rule = played.violations[0]?.rule
  let left = playsMax
  const breaks = async (smaller: WorldPlan): Promise<boolean> => {
    if (left-- <= 0) return false
    const again = await play(smaller, mutate)
    if (again.violations[0]?.rule !== rule || rule === undefined) return false
    best = smaller
    played = again
    return true
  }
  await breaks({
    ...best,
    faults: best.faults.filter(({ atMs }) => atMs <= (played.violations[0]?.atMs ?? 0)),
  })
  for (let size = Math.ceil(best.faults.length / 2); size >= 1 && left > 0; size = Math.floor(size / 2))
    for (let at = 0; at < best.faults.length && left > 0; )
      if (!(await breaks({ ...best, faults: best.faults.toSpliced(at, size) }))) at += size
  for (let at = 0; at < best.faults.length && left > 0; at++)
    await breaks({
      ...best,
      faults: best.faults.map((fault, i) =>
        i === at ? { ...fault, forMs: Math.round(fault.forMs / 4) } : fault,
      ),
    })
  const lastMs = Math.max(0, ...best.faults.map(({ atMs, forMs }) => atMs + forMs))
  await breaks({ ...best, healMs: Math.min(best.healMs, lastMs + 5000) })
  return { plan: best, played }
}
