import type { Mount } from '../mount.ts'
import { mountChanges } from '../report/mount-changes.ts'
import type { Report } from '../report/report.ts'

/** The counters of a server as of its last report. */
export type JoinCounters = Pick<Report, 'boot' | 'joins' | 'mounts'>

/** Joins of a server between two reports. A counter that is lower, or of another boot, began again at 0. */
export function joinsSince(before: JoinCounters | undefined, { boot, joins }: Report): number {
  if (before?.joins === undefined || joins === undefined) return 0
  return boot !== before.boot || joins < before.joins ? joins : joins - before.joins
}

/** The same of its mounts, of those that have any; the counter of a mount begins again with the mount, too. */
export function mountJoinsSince(
  before: JoinCounters | undefined,
  { boot }: Report,
  mounts: Report['mounts'],
): readonly (readonly [Mount, number])[] {
  if (!before) return []
  // a mount that says the same as before had no joins
  const changes = mountChanges(boot === before.boot ? before.mounts : [], mounts)
  return changes.flatMap(({ mount, before: last, now }) => {
    const joins = now?.joins ?? 0
    const more = joins < (last?.joins ?? 0) ? joins : joins - (last?.joins ?? 0)
    return more > 0 ? [[mount, more] as const] : []
  })
}
