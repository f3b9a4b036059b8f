import type { View } from '../shared/view.ts'

/** carriers of all mounts together, up to which everything is worked out for each request: well under a millisecond */
const carriersMax = 1000
/** ms for which what was worked out of a larger cluster stands */
const standsMs = 1000

/**
 * What anybody may ask for, and what takes long in a large cluster: there it is worked out once a second at most, so
 * that nobody keeps an edge from its listeners by asking.
 */
export function remembered<T>(work: (view: View, nowMs: number) => T): (view: View, nowMs: number) => T {
  let last: { value: T; atMs: number } | undefined
  return (view, nowMs) => {
    if (last && nowMs - last.atMs < standsMs && carriersIn(view) > carriersMax) return last.value
    last = { value: work(view, nowMs), atMs: nowMs }
    return last.value
  }
}

function carriersIn({ mounts }: View): number {
  let carriers = 0
  for (const mount of mounts.values()) carriers += mount.carriers.size
  return carriers
}
