import { limits } from '../../../shared/limits.ts'
import { type Mount, printMount } from '../../../shared/mount.ts'
import type { StreamListEntry } from '../../../shared/report/stream-list.ts'
import { relayLimits } from '../limits.ts'
import { distinct, type Upstream } from '../upstreams/upstream.ts'

/** What one master told last. */
export interface MasterList {
  /** its origin, which a line that is a path alone belongs to */
  url: string
  /** what it is asked with, as a header's value; the hosts that its list names may see that too (docs/protocol.md#relays) */
  authorization: string
  entries: readonly StreamListEntry[]
  /** false: it is away, and this is what it said before */
  isAnswering: boolean
}

/**
 * The mounts of all masters, and where each is relayed from: in the order of the masters, each place once, however many
 * of them name it, as two edges of one cluster do. As many mounts as a report takes, and so many places of each.
 * @param before what they made together the last time: a URL costs more to read than to look up
 */
export function mergeLists(
  lists: readonly MasterList[],
  before: ReadonlyMap<Mount, readonly Upstream[]> = new Map(),
): Map<Mount, Upstream[]> {
  const merged = new Map<Mount, Upstream[]>()
  for (const { url, authorization, entries, isAnswering } of lists) {
    const named = entries.flatMap(({ base }) => (base === undefined ? [] : [base]))
    const pass = { authorization, origins: new Set([url, ...named]) }
    for (const { mount, base } of entries) {
      const upstreams = merged.get(mount) ?? []
      if (upstreams.length >= relayLimits.upstreamsPerMountMax * lists.length) continue
      if (upstreams.length === 0 && merged.size >= limits.reportMountsMax) continue
      const at = base ?? url
      const known = before.get(mount)?.find((upstream) => upstream.url.origin === at)
      upstreams.push({
        url: known?.url ?? new URL(printMount(mount), at),
        configured: url,
        pass,
        isDoubtful: !isAnswering,
      })
      merged.set(mount, upstreams)
    }
  }
  for (const [mount, upstreams] of merged) merged.set(mount, distinct(upstreams))
  return merged
}
