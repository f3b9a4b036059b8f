import { limits } from '../../../shared/limits.ts'
import { type Mount, printMount } from '../../../shared/mount.ts'
import type { StreamListEntry } from '../../../shared/report/stream-list.ts'
import { relayLimits } from '../limits.ts'
import { distinct, type Upstream } from '../upstreams/upstream.ts'

/** The last list of one master. */
export interface MasterList {
  /** its origin, used for lines that contain only a path */
  url: string
  /** value of an `Authorization` header for it and for the hosts in its list (docs/protocol.md#relays) */
  authorization: string
  entries: readonly StreamListEntry[]
  /** false: the master is unreachable, and this is its previous list */
  isAnswering: boolean
}

/**
 * Merges the masters' mounts and where each is relayed from: in the order of the masters, each upstream once, even if
 * several masters list it, as two edges of one cluster do. Mounts are limited as in a report, and upstreams per mount
 * too.
 * @param before the previous result: looking up a URL is cheaper than parsing it again
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
