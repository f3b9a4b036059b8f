/** What is shared between the mutated code, the runner and nothing else; there is one in each process. */
export interface MutationState {
  /** the mutant that lives; 0: none */
  active: number
  /** how often the living one was asked for */
  asked: number
  askedMax: number
  /** how often each was asked for since the last call of `recorded` */
  hits: Map<number, number>
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

/** The state of this process; the first call lets mutated code run. */
export function mutation(): MutationState {
  if (globalThis.__mutation) return globalThis.__mutation
  const state: MutationState = { active: 0, asked: 0, askedMax: 0, hits: new Map(), isRecording: true }
  globalThis.__mutation = state
  globalThis.__mutant = (id) => {
    if (state.isRecording) state.hits.set(id, (state.hits.get(id) ?? 0) + 1)
    if (id !== state.active) return false
    if (++state.asked > state.askedMax) throw new EndlessMutant(`mutant ${id}`)
    return true
  }
  return state
}

/** The hits since the last call. */
export function recorded(state: MutationState): Map<number, number> {
  const { hits } = state
  state.hits = new Map()
  return hits
}
