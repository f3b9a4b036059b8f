import type { Report } from '../../../../shared/report/report.ts'
import type { Site } from '../parts/site.ts'
import type { World } from '../world.ts'

const rule = 'no acknowledged report is lost'

/** After a report was answered 200: the decider draws by it, or by a newer one. */
export function checkKept(world: World, { host, ledger, registry }: Site, id: string): void {
  const acknowledged = ledger?.certain(id)
  const held = registry?.view.servers.get(id)?.report
  if (acknowledged && registry && !isAtLeast(held, acknowledged))
    world.violate(
      rule,
      `${host} holds ${saying(held)} of ${id}, and had answered 200 to ${saying(acknowledged)}`,
    )
}

/** After a start: everything that was answered 200 is there, and drains are what they were. */
export function checkRestored(world: World, site: Site): void {
  const { host, ledger, registry } = site
  if (!ledger || !registry) return
  for (const id of ledger.acknowledged.keys()) checkKept(world, site, id)
  for (const id of new Set([...ledger.drained, ...registry.view.servers.keys()])) {
    if (ledger.doubtfulDrains.has(id) || registry.isDrained(id) === ledger.drained.has(id)) continue
    const was = ledger.drained.has(id) ? 'drained' : 'not drained'
    world.violate('a drain survives a restart', `${id} was ${was} at ${host}, and is not so after its start`)
  }
}

function isAtLeast(held: Report | undefined, acknowledged: Report): boolean {
  if (!held) return false
  return held.boot !== acknowledged.boot || (held.seq ?? 0) >= (acknowledged.seq ?? 0)
}

const saying = (report: Report | undefined) =>
  report ? `seq ${report.seq} of boot ${report.boot?.slice(0, 6)}` : 'nothing'
