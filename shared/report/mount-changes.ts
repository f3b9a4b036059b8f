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
 * The question that was asked last, and its answer: all who keep something of a server ask the same about each of its reports, one after
 * the other, and to compare the mounts again for each of them would be most of the work and of the garbage of a report.
 */
let asked: { before: readonly MountReport[]; now: readonly MountReport[] } = { before: [], now: [] }
let answer: readonly MountChange[] = none

/**
 * The mounts of which a server's report says something new. What is the same object in both is not looked at, and the parser keeps
 * objects that say the same ({@link keptIfSame}): a report costs what has changed. The arrays must not be changed afterwards.
 */
export function mountChanges(
  before: readonly MountReport[],
  now: readonly MountReport[],
): readonly MountChange[] {
  if (before === now) return none
  if (before === asked.before && now === asked.now) return answer
  answer = changesOf(before, now)
  asked = { before, now }
  return answer
}

function changesOf(before: readonly MountReport[], now: readonly MountReport[]): readonly MountChange[] {
  if (before.length === 0) return now.map((each) => ({ mount: each.mount, before: undefined, now: each }))
  const changes: MountChange[] = []
  // by index: entries() would make an array for each mount, changed or not
  for (let i = 0; i < now.length; i++) {
    const mount = now[i]
    const last = before[i]
    if (mount === last || mount === undefined) continue
    if (mount.mount !== last?.mount) return changesByName(before, now)
    changes.push({ mount: mount.mount, before: last, now: mount })
  }
  for (let i = now.length; i < before.length; i++) {
    const last = before[i]
    if (last) changes.push({ mount: last.mount, before: last, now: undefined })
  }
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
  saysSame(last, now.listeners, now.max, now.kbps, now.joins) &&
  last.about === now.about &&
  last.mount === now.mount &&
  last.contentType === now.contentType
    ? last
    : now

/** Whether a mount's last report had these numbers. */
export const saysSame = (
  last: MountReport,
  listeners: number,
  max: number | null,
  kbps: number,
  joins: number,
): boolean => last.listeners === listeners && last.joins === joins && last.max === max && last.kbps === kbps
