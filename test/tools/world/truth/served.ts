import type { OriginProgram } from '../parts/origin.ts'
import type { Site } from '../parts/site.ts'
import type { World } from '../world.ts'

/** Why a server takes nobody new by what it knows of itself; undefined: it does. */
export function closedHere({ config, state, isLeaving }: OriginProgram): string | undefined {
  if (isLeaving) return 'it is leaving'
  if (state.drain.active) return 'its admin drains it'
  const { listeners } = state.load
  return listeners >= config.limits.maxListeners ? `it has ${listeners} listeners` : undefined
}

/** A server took somebody although it was closed. */
export const noteTaken = (world: World, host: string, who: string, why: string): void =>
  world.violate('no server takes more than fit, or while it goes', `${host} took ${who}: ${why}`)

/** A server takes a listener: it must have room, and not be on its way out. Called before it counts. */
export function checkServed(world: World, { ledger, host }: Site, origin: OriginProgram): void {
  const isDrained = ledger?.drained.has(host) === true && !ledger.doubtfulDrains.has(host)
  const why = isDrained ? 'it has drained itself' : closedHere(origin)
  if (why !== undefined) noteTaken(world, host, 'a listener', why)
}
