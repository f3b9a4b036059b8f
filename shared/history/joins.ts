import type { Mount } from '../mount.ts'
import type { Report } from '../report/report.ts'

/** The counters of a server as of its last report. */
export interface JoinCounters {
  boot: string | undefined
  joins: number | undefined
  mounts: ReadonlyMap<Mount, number>
}

export const countersOf = ({ boot, joins, mounts }: Report): JoinCounters => ({
  boot,
  joins,
  mounts: new Map(mounts.map((mount) => [mount.mount, mount.joins])),
})

/** Joins of a server between two reports. A counter that is lower, or of another boot, began again at 0. */
export function joinsSince(before: JoinCounters | undefined, { boot, joins }: Report): number {
  if (before?.joins === undefined || joins === undefined) return 0
  return boot !== before.boot || joins < before.joins ? joins : joins - before.joins
}

/** The same of one of its mounts; the counter of a mount begins again with the mount, too. */
export function mountJoinsSince(
  before: JoinCounters | undefined,
  { boot }: Report,
  mount: Mount,
  joins: number,
): number {
  if (!before) return 0
  const last = boot === before.boot ? (before.mounts.get(mount) ?? 0) : 0
  return joins < last ? joins : joins - last
}
