import type { Mount } from '../mount.ts'
import type { MountReport } from './report.ts'

/** A mount of which a report says something new: another thing than the report before, for the first time, or nothing any more. */
export interface MountChange {
  mount: Mount
  before: MountReport | undefined
  now: MountReport | undefined
}

const none: readonly MountChange[] = []

/**
 * The mounts of which a server's report says something new. What is the same object in both is not looked at, and the parser keeps
 * objects that say the same ({@link keptIfSame}): a report costs what has changed.
 */
export function mountChanges(
  before: readonly MountReport[],
  now: readonly MountReport[],
): readonly MountChange[] {
  if (before === now) return none
  if (before.length === 0) return now.map((each) => ({ mount: each.mount, before: undefined, now: each }))
  const changes: MountChange[] = []
  for (const [i, mount] of now.entries()) {
    const last = before[i]
    if (mount === last) continue
    if (mount.mount !== last?.mount) return changesByName(before, now)
    changes.push({ mount: mount.mount, before: last, now: mount })
  }
  for (const last of before.slice(now.length))
    changes.push({ mount: last.mount, before: last, now: undefined })
  return changes
}

/** The same where a report names other mounts, or in another order. */
function changesByName(before: readonly MountReport[], now: readonly MountReport[]): readonly MountChange[] {
  const left = new Map(before.map((mount) => [mount.mount, mount]))
  const changes: MountChange[] = []
  for (const mount of now) {
    const last = left.get(mount.mount)
    left.delete(mount.mount)
    if (mount !== last) changes.push({ mount: mount.mount, before: last, now: mount })
  }
  for (const last of left.values()) changes.push({ mount: last.mount, before: last, now: undefined })
  return changes
}

/** The last report's mount if a newer one says the same of it, so that nobody has to look at it again. */
export const keptIfSame = (last: MountReport | undefined, now: MountReport): MountReport =>
  last !== undefined &&
  last.listeners === now.listeners &&
  last.joins === now.joins &&
  last.max === now.max &&
  last.kbps === now.kbps &&
  last.about === now.about &&
  last.mount === now.mount &&
  last.contentType === now.contentType
    ? last
    : now
