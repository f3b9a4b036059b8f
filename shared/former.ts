import { limits } from './limits.ts'
import type { Mount } from './mount.ts'
import type { Report } from './report.ts'
import type { Server } from './server.ts'

/** The newest report of a server by its place in the order of all (contract §2, `409`). */
export interface Order {
  boot: string | undefined
  seq: number | undefined
  /** boots that another one replaced: an old process must not come back */
  formerBoots: readonly string[]
}

/** The order after a report has come. */
export const orderAfter = (last: Order | undefined, { boot, seq }: Report): Order => ({
  boot,
  seq,
  formerBoots: formerBootsAfter(last, boot),
})

function formerBootsAfter(last: Order | undefined, boot: string | undefined): readonly string[] {
  if (!last) return []
  const { boot: before, formerBoots } = last
  if (boot === undefined || before === undefined || before === boot) return formerBoots
  return [...formerBoots.filter((former) => former !== boot), before].slice(-limits.formerBootsMax)
}

/** Why a report is out of order: of a boot that was replaced, or older than the newest of its boot. */
export function outOfOrder(last: Order, { boot, seq }: Report): string | undefined {
  if (boot === undefined || seq === undefined) return undefined
  if (last.formerBoots.includes(boot)) return `boot ${boot} was replaced by ${last.boot}`
  if (boot === last.boot && last.seq !== undefined && seq < last.seq)
    return `seq ${seq} is older than ${last.seq}, the newest of this boot`
  return undefined
}

/** The mounts of a server's earlier reports that are not in its newest, and when they last were. */
export function formerMountsAfter(
  before: Server | undefined,
  { mounts }: Report,
  nowMs: number,
): (readonly [Mount, number])[] {
  if (!before || before.polled) return []
  const lastSeen = new Map(before.formerMounts)
  for (const { mount } of before.report.mounts) lastSeen.set(mount, before.receivedAtMs)
  for (const { mount } of mounts) lastSeen.delete(mount)
  return [...lastSeen]
    .filter(([, atMs]) => nowMs - atMs <= limits.mountMemoryMs)
    .slice(-limits.reportMountsMax)
}
