import type { Mount } from '../mount.ts'
import { PackedMounts } from './mount-list.ts'
import type { MountList, MountReport } from './report.ts'

/** A mount of which a report says something new: another thing than the report before, for the first time, or nothing any more. */
export interface MountChange {
  mount: Mount
  before: MountReport | undefined
  now: MountReport | undefined
  /** its place in the newer report; -1 if that does not name it */
  place: number
}

const none: readonly MountChange[] = []

interface Answer {
  changes: readonly MountChange[]
  /** what both name has the same place in both */
  hasSamePlaces: boolean
}

/**
 * The question that was asked last, and its answer: all who keep something of a server ask the same about each of its reports, one after
 * the other, and to compare the mounts again for each of them would be most of the work and of the garbage of a report.
 */
let asked: { before: MountList; now: MountList } = { before: [], now: [] }
let answer: Answer = { changes: none, hasSamePlaces: true }

/**
 * The mounts of which a server's report says something new. What is the same object in both is not looked at, nor are numbers that are
 * the same in packed lists: a report costs what has changed. The lists must not be changed afterwards.
 */
export const mountChanges = (before: MountList, now: MountList): readonly MountChange[] =>
  before === now ? none : answerTo(before, now).changes

/** Whether each mount that two reports of a server name has the same place in both. */
export const hasSamePlaces = (before: MountList, now: MountList): boolean =>
  before === now || answerTo(before, now).hasSamePlaces

function answerTo(before: MountList, now: MountList): Answer {
  if (before === asked.before && now === asked.now) return answer
  answer = compare(before, now)
  asked = { before, now }
  return answer
}

function compare(before: MountList, now: MountList): Answer {
  if (now instanceof PackedMounts && now.isAlike(before))
    return { changes: changesOfPacked(before, now), hasSamePlaces: true }
  if (before.length === 0) {
    const changes = now.map((each, place) => ({ mount: each.mount, before: undefined, now: each, place }))
    return { changes, hasSamePlaces: true }
  }
  const changes: MountChange[] = []
  // by place: entries() would make an array for each mount, changed or not
  for (let place = 0; place < now.length; place++) {
    const mount = now.at(place)
    const last = before.at(place)
    if (mount === last || mount === undefined) continue
    if (mount.mount !== last?.mount) return { changes: changesByName(before, now), hasSamePlaces: false }
    if (!isSame(last, mount)) changes.push({ mount: mount.mount, before: last, now: mount, place })
  }
  for (let i = now.length; i < before.length; i++) {
    const last = before.at(i)
    if (last) changes.push({ mount: last.mount, before: last, now: undefined, place: -1 })
  }
  return { changes, hasSamePlaces: true }
}

/** The same where numbers alone can differ: only what does is looked at as a mount. */
function changesOfPacked(before: PackedMounts, now: PackedMounts): readonly MountChange[] {
  const changes: MountChange[] = []
  for (let place = 0; place < now.length; place++) {
    if (now.isSameAt(place, before)) continue
    const mount = now.at(place)
    if (mount) changes.push({ mount: mount.mount, before: before.at(place), now: mount, place })
  }
  return changes
}

/** The same where a report names other mounts, or in another order. */
function changesByName(before: MountList, now: MountList): readonly MountChange[] {
  const left = new Map(before.map((mount) => [mount.mount, mount]))
  const changes: MountChange[] = []
  let place = 0
  for (const mount of now) {
    const last = left.get(mount.mount)
    left.delete(mount.mount)
    if (!(last && isSame(last, mount))) changes.push({ mount: mount.mount, before: last, now: mount, place })
    place++
  }
  for (const last of left.values())
    changes.push({ mount: last.mount, before: last, now: undefined, place: -1 })
  return changes
}

/** The last report's mount if a newer one says the same of it, so that nobody has to look at it again. */
export const keptIfSame = (last: MountReport | undefined, now: MountReport): MountReport =>
  last !== undefined && isSame(last, now) ? last : now

/** Whether a newer report says the same of a mount. */
const isSame = (last: MountReport, now: MountReport): boolean =>
  last === now ||
  (last.listeners === now.listeners &&
    last.joins === now.joins &&
    last.max === now.max &&
    last.kbps === now.kbps &&
    last.about === now.about &&
    last.mount === now.mount &&
    last.contentType === now.contentType)
