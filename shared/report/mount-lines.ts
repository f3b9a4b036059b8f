import { limits } from '../limits.ts'
import type { Mount } from '../mount.ts'
import { ownText } from '../own-text.ts'
import type { AboutMount } from './about-mount.ts'
import { FleetLines } from './fleet-lines.ts'
import { hasSameNames } from './mount-list.ts'
import type { MountList, MountReport, Report } from './report.ts'

/** content types that are remembered: radio has some twenty */
const typesMax = 1000
/** digits that are an integer that a number holds */
const digitsMax = 15
/** a mount's line in the form in which programs write it */
const usualLine = /^(\S+) (\d{1,15}) (-|\d{1,15}) (\d{1,15}) (\d{1,15}) (.*)$/s

/**
 * What is known from earlier reports, so that the next one is read in a fraction of the time and memory: names and content types
 * that were found right, and each server's last report, of which the mounts are kept that still say the same.
 */
export class KnownLines {
  /** the lines of servers that carry the same mounts */
  readonly fleet = new FleetLines()
  readonly #lastOf: (id: string) => Report | undefined
  /** by their form in a report */
  readonly #mounts = new Map<string, Mount>()
  readonly #types = new Map<string, string>()
  /** the lines that each was read from */
  readonly #abouts = new WeakMap<AboutMount, string>()
  /** the mounts of the report that was read last, of any server: the servers of a fleet carry the same ones */
  #newest: MountList = []

  /** @param lastOf a server's last report, by its id */
  constructor(lastOf: (id: string) => Report | undefined = () => undefined) {
    this.#lastOf = lastOf
  }

  /** The mounts of a server's last report. */
  mountsOf(id: string): MountList {
    return this.#lastOf(id)?.mounts ?? []
  }

  /** Whether a report before had the same mounts in the same order, and so none twice. @param last of the same server */
  hadNames(mounts: MountList, last: MountList): boolean {
    return hasSameNames(mounts, last) || hasSameNames(mounts, this.#newest)
  }

  /** Remembers the mounts of a report that has none twice. @param lines of its mounts, each with what follows about it */
  learnNames(mounts: MountList, lines: readonly string[]): void {
    // two servers in a row that carry the same: the next may as well
    if (lines.length === mounts.length && hasSameNames(mounts, this.#newest)) this.fleet.learn(lines, mounts)
    this.#newest = mounts
  }

  /** Reads a line whose name and type are known; undefined: it has to be parsed. */
  read(line: string): MountReport | undefined {
    const path = line.indexOf(' ')
    const first = line.indexOf(' ', path + 1)
    const second = line.indexOf(' ', first + 1)
    const third = line.indexOf(' ', second + 1)
    const fourth = line.indexOf(' ', third + 1)
    // where a blank is missing, a number ends before it begins
    const mount = this.#mounts.get(line.slice(0, path))
    const contentType = this.#types.get(line.slice(fourth + 1))
    if (mount === undefined || contentType === undefined) return undefined
    const listeners = countIn(line, path + 1, first)
    const isUnlimited = second === first + 2 && line[first + 1] === '-'
    const max = isUnlimited ? null : countIn(line, first + 1, second)
    const kbps = countIn(line, second + 1, third)
    const joins = countIn(line, third + 1, fourth)
    if (listeners < 0 || (max !== null && max < 0) || kbps < 0 || joins < 0) return undefined
    return { mount, listeners, max, kbps, joins, contentType }
  }

  /** Remembers the name and the type of a line that was parsed, and returns the mount with these. */
  learn(line: string, parsed: MountReport): MountReport {
    const [, path, , , , , type] = usualLine.exec(line) ?? []
    if (path === undefined || type === undefined) return parsed
    if (this.#mounts.size >= limits.namesKeptMax) this.#mounts.clear()
    if (this.#types.size >= typesMax) this.#types.clear()
    const mount = ownText(parsed.mount) as Mount
    const contentType = ownText(parsed.contentType)
    this.#mounts.set(ownText(path), mount)
    this.#types.set(ownText(type), contentType)
    return { ...parsed, mount, contentType }
  }

  /** What the last report said about a mount if it had the same lines. */
  aboutOf(last: MountReport | undefined, lines: string): AboutMount | undefined {
    const about = last?.about
    return about && this.#abouts.get(about) === lines ? about : undefined
  }

  learnAbout(about: AboutMount, lines: string): void {
    this.#abouts.set(about, ownText(lines))
  }
}

/** The integer between two positions; -1 if there is something else. */
function countIn(line: string, from: number, to: number): number {
  if (to <= from || to - from > digitsMax) return -1
  let count = 0
  for (let i = from; i < to; i++) {
    const digit = line.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return -1
    count = count * 10 + digit
  }
  return count
}
