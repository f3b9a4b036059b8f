import { setTimeout as wait } from 'node:timers/promises'

/**
 * ms that a state may take to come: it takes some seconds at most where nothing else runs, and many times that on two
 * cores that are shared with other tests, encoders and players.
 */
export const patienceMs = 60_000
/** ms for a state that by its nature takes half a minute or more, such as the next call of a directory */
export const longPatienceMs = 110_000

/** How long a test waits for a state and how often it looks. */
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
  { withinMs = patienceMs, everyMs = 20 }: Patience = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + withinMs
  let problem: unknown
  do {
    try {
      const seen = await look()
      if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>
      problem = undefined
    } catch (error) {
      problem = error
    }
    await wait(everyMs)
  } while (performance.now() < deadline)
  throw problem ?? new Error(`waited ${withinMs} ms for: ${look}`)
}
