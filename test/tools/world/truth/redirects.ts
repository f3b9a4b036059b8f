import type { Site } from '../parts/site.ts'
import type { World } from '../world.ts'
import type { ListenerTruth } from './ledger.ts'

/** A decider sent a listener to a server: it must be one that may get this listener, by what the decider was told. */
export function checkRedirect(world: World, decider: Site, server: Site, listener: ListenerTruth): void {
  const { ledger, program } = decider
  if (!ledger || !program) return
  const why = ledger.forbids(server.host, listener, program.process.nowMs())
  if (why !== undefined)
    world.violate(
      'no redirect to a server that is out',
      `${decider.host} sent a listener of ${listener.mount} to ${server.host}: ${why}`,
    )
}

/** A decider had no server for a listener: none that it knows may be open, with room and a url. */
export function checkRefusal(world: World, decider: Site, listener: ListenerTruth, status: number): void {
  const { ledger, program, registry } = decider
  if (!ledger || !program || !registry || (status !== 404 && status !== 503) || listener.isRelay) return
  world.bites.note(`listener answered ${status}`)
  const open = ledger
    .candidates(listener, program.process.nowMs())
    .filter((id) => registry.view.servers.get(id)?.reachable !== false)
  if (open.length > 0)
    world.violate(
      'nobody is refused while a known server has room',
      `${decider.host} answered ${status} for ${listener.mount}, and ${open.join(', ')} had room by its own reports`,
    )
}
