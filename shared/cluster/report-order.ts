import { followsMasters, type Server } from '../draw/server.ts'
import { limits } from '../limits.ts'
import type { Mount } from '../mount.ts'
import type { Report } from '../report/report.ts'

/** A start of a server's program that another one replaced, and the newest report of it. */
export interface FormerBoot {
  readonly boot: string
  readonly seq: number
}

/** The newest report of a server by its place in the order of all. */
export interface Order {
  boot: string | undefined
  seq: number | undefined
  /** boots that another one replaced: an old process must not come back while the new one lives */
  formerBoots: readonly FormerBoot[]
  /** this boot found no live server of its id, so that its urls are its own to change */
  owns: boolean
}

/** The order after a report has come. `isHeld`: a live server had the id until then. */
export const orderAfter = (last: Order | undefined, { boot, seq }: Report, isHeld: boolean): Order => ({
  boot,
  seq,
  formerBoots: formerBootsAfter(last, boot),
  owns: last !== undefined && isHeld ? last.owns && isSameBoot(last, boot) : true,
})

/** Whether a report comes from the process that sent the last one, as far as both say. */
export const isSameBoot = ({ boot: last }: Order, boot: string | undefined): boolean =>
  boot !== undefined && boot === last

function formerBootsAfter(last: Order | undefined, boot: string | undefined): readonly FormerBoot[] {
  if (!last) return []
  const { boot: before, seq = 0, formerBoots } = last
  if (boot === undefined || before === undefined || before === boot) return formerBoots
  return [...formerBoots.filter((former) => former.boot !== boot), { boot: before, seq }].slice(
    -limits.formerBootsMax,
  )
}

/**
 * Why a report is out of order: of a boot that was replaced, or older than the newest of its boot. A boot that was replaced
 * is back once the one in its place is stale or has left (`isHeld` false), by a report newer than all of it before: two
 * programs had one id, and the first of them goes on. The boot in its place is not named: who knows it could speak for it.
 */
export function outOfOrder(last: Order, { boot, seq }: Report, isHeld: boolean): string | undefined {
  if (boot === undefined || seq === undefined) return undefined
  const former = last.formerBoots.find((each) => each.boot === boot)
  if (former && isHeld) return `boot ${boot} was replaced by another, which is live`
  if (former && seq <= former.seq)
    return `boot ${boot} was replaced by another, and seq ${seq} is not above ${former.seq}, the newest of this boot`
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
  if (!before || followsMasters(before)) return []
  const lastSeen = new Map(before.formerMounts)
  for (const { mount } of before.report.mounts) lastSeen.set(mount, before.receivedAtMs)
  for (const { mount } of mounts) lastSeen.delete(mount)
  return [...lastSeen]
    .filter(([, atMs]) => nowMs - atMs <= limits.mountMemoryMs)
    .slice(-limits.reportMountsMax)
}
