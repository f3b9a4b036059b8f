import { followsMasters, type Server } from '../../draw/server.ts'
import { limits } from '../../limits.ts'
import type { Mount } from '../../mount.ts'
import { mountChanges } from '../../report/mount-changes.ts'
import type { Report } from '../../report/report.ts'

/** A boot of a server that another one replaced, and the seq of its newest report. */
export interface FormerBoot {
  readonly boot: string
  readonly seq: number
}

/** The position of a server's newest report in the order of its reports. */
export interface Order {
  boot: string | undefined
  seq: number | undefined
  /** boots that others replaced: an old process must not take the id back while the new one is live */
  formerBoots: readonly FormerBoot[]
  /** no live server had the id when this boot started, so it may change its urls */
  owns: boolean
}

/** The order after a report. `isHeld`: a live server had the id until then. */
export const orderAfter = (last: Order | undefined, { boot, seq }: Report, isHeld: boolean): Order => ({
  boot,
  seq,
  formerBoots: formerBootsAfter(last, boot),
  owns: last !== undefined && isHeld ? last.owns && isSameBoot(last, boot) : true,
})

/**
 * Whether a report comes from the process that sent the last one, as far as can be told. A server that never sends a boot
 * counts as one process: it has no other way to change its urls.
 */
export const isSameBoot = ({ boot: last }: Order, boot: string | undefined): boolean => boot === last

function formerBootsAfter(last: Order | undefined, boot: string | undefined): readonly FormerBoot[] {
  if (!last) return []
  const { boot: before, seq = 0, formerBoots } = last
  if (boot === undefined || before === undefined || before === boot) return formerBoots
  return [...formerBoots.filter((former) => former.boot !== boot), { boot: before, seq }].slice(
    -limits.formerBootsMax,
  )
}

/**
 * Why a report is out of order: from a replaced boot, or older than the newest of its boot. A replaced boot is accepted again
 * once its successor is stale or has left (`isHeld` false), with a report newer than all its former ones: two programs had
 * one id, and the first of them continues. The successor's boot is not named, since anyone who knows it could impersonate it.
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

/** The mounts of a server's earlier reports that the newest does not name, and when each was last reported. */
export function formerMountsAfter(
  before: Server | undefined,
  { mounts }: Report,
  nowMs: number,
): (readonly [Mount, number])[] {
  if (!before || followsMasters(before)) return []
  const isAll = mountChanges(before.report.mounts, mounts).every(({ now }) => now !== undefined)
  if (isAll && before.formerMounts.length === 0) return []
  const lastSeen = new Map(before.formerMounts)
  for (const { mount } of before.report.mounts) lastSeen.set(mount, before.receivedAtMs)
  for (const { mount } of mounts) lastSeen.delete(mount)
  return [...lastSeen]
    .filter(([, atMs]) => nowMs - atMs <= limits.mountMemoryMs)
    .slice(-limits.reportMountsMax)
}
