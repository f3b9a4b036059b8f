import type { Site } from '../parts/site.ts'
import type { World } from '../world.ts'
import type { Known, ListenerTruth } from './ledger.ts'

/** What a rule needs of a listener's request. */
interface Checked {
  asked: ListenerTruth
  /** by the isolate that answered; undefined: a decider that is one program knows everything at once */
  known: Known | undefined
}

/** A decider sent a listener to a server: it must be one that may get this listener, by what the decider was told. */
export function checkRedirect(world: World, decider: Site, server: Site, { asked, known }: Checked): void {
  const { ledger, program } = decider
  if (!ledger || !program) return
  const why = ledger.forbids(server.id, asked, program.nowMs(), known)
  if (why !== undefined)
    world.violate(
      'no redirect to a server that is out',
      `${decider.host} sent a listener of ${asked.mount} to ${server.host}: ${why}`,
    )
}

/** A decider had no server for a listener: none that it knows may be open, with room and a url. */
export function checkRefusal(world: World, decider: Site, { asked, known }: Checked, status: number): void {
  const { ledger, program, registry } = decider
  if (!ledger || !program || !registry || (status !== 404 && status !== 503) || asked.isRelay) return
  world.bites.note(`listener answered ${status}`)
  const open = ledger
    .candidates(asked, program.nowMs(), known?.allMs)
    .filter((id) => registry.view.servers.get(id)?.reachable !== false)
    .filter((id) => !decider.workers?.mayDoubt(id, known?.allMs ?? 0))
  if (open.length > 0)
    world.violate(
      'nobody is refused while a known server has room',
      `${decider.host} answered ${status} for ${asked.mount}, and ${open.join(', ')} had room by its own reports`,
    )
}
