import { setTimeout as wait } from 'node:timers/promises'

/**
 * ms that a state may take to come: it takes some seconds at most where nothing else runs, and many times that on two
 * cores that are shared with other tests, encoders and players.
 */
export const patienceMs = 60_000
/** ms for a state that by its nature takes half a minute or more, such as the next call of a directory */
export const longPatienceMs = 110_000
/** ms for a test that starts servers, and then waits for such a state */
export const longTestMs = patienceMs + longPatienceMs

/** ms between two looks at first */
const firstLooksMs = 20
/** ms between two looks at most: a look often asks a server, which costs both of them */
const lastLooksMs = 250
/** of the time waited so far: what the wait for the next look may add */
const share = 0.1

/** How long a test waits for a state. It looks ever more seldom, unless it says how often. */
interface Patience {
  withinMs?: number
  everyMs?: number
}

/**
 * Waits until `look` gives a value other than undefined and false without throwing, and returns it.
 * Past the deadline it throws what `look` last threw, or that the state never came.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  { withinMs = patienceMs, everyMs }: Patience = {},
): Promise<Exclude<T, undefined | false>> {
  const startMs = performance.now()
  const waitedMs = () => performance.now() - startMs
  let problem: unknown
  do {
    try {
      const seen = await look()
      if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>
      problem = undefined
    } catch (error) {
      problem = error
    }
    await wait(everyMs ?? Math.max(firstLooksMs, Math.min(lastLooksMs, share * waitedMs())))
  } while (waitedMs() < withinMs)
  throw problem ?? new Error(`waited ${withinMs} ms for: ${look}`)
}
