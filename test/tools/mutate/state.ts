/** What is shared between the mutated code, the runner and nothing else; there is one in each process. */
export interface MutationState {
  /** the mutant that lives; 0: none */
  active: number
  /** how often the living one was asked for */
  asked: number
  askedMax: number
  /** by id: how often each was asked for since the last call of `recorded` */
  hits: Uint32Array
  isRecording: boolean
}

declare global {
  var __mutant: (id: number) => boolean
  var __mutation: MutationState | undefined
}

/** A mutant was asked for so often that it must be in a loop without end. */
class EndlessMutant extends Error {
  override name = 'EndlessMutant'
}

/** The state of this process; the first call lets mutated code run. @param idMax the highest id of a mutant */
export function mutation(idMax: number): MutationState {
  if (globalThis.__mutation) return globalThis.__mutation
  const hits = new Uint32Array(idMax + 1)
  const state: MutationState = { active: 0, asked: 0, askedMax: 0, hits, isRecording: true }
  globalThis.__mutation = state
  globalThis.__mutant = (id) => {
    if (state.isRecording) hits[id] = (hits[id] ?? 0) + 1
    if (id !== state.active) return false
    if (++state.asked > state.askedMax) throw new EndlessMutant(`mutant ${id}`)
    return true
  }
  return state
}

/** The hits since the last call, by id. */
export function recorded({ hits }: MutationState): Map<number, number> {
  const since = new Map<number, number>()
  for (let id = 0; id < hits.length; id++) if (hits[id]) since.set(id, hits[id] ?? 0)
  hits.fill(0)
  return since
}
