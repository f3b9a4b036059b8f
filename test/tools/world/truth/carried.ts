import type { Site } from '../parts/site.ts'
import type { World } from '../world.ts'

/** An edge asks for an object that it carries: it shows its password, so it may only ask masters that have reported to it. */
export function checkCarryingAsks(
  world: World,
  { host, ledger }: Site,
  url: URL,
  init: RequestInit | undefined,
): void {
  if (!new Headers(init?.headers).has('authorization')) return
  world.bites.note('object asked of a master')
  if (!ledger?.mastersEver.has(url.hostname))
    world.violate(
      'an edge shows its password to masters that have reported, and nobody else',
      `${host} asked ${url.hostname} for ${url.pathname}`,
    )
}
