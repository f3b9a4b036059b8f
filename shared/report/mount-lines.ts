import { limits } from '../limits.ts'
import type { Mount } from '../mount.ts'
import type { AboutMount } from './about-mount.ts'
import type { MountReport, Report } from './report.ts'

/** content types that are remembered: radio has some twenty */
const typesMax = 1000
/** a mount's line in the form in which programs write it; 15 digits are an integer that a number holds */
const usualLine = /^(\S+) (\d{1,15}) (-|\d{1,15}) (\d{1,15}) (\d{1,15}) (.*)$/s

/**
 * What is known from earlier reports, so that the next one is read in a fraction of the time and memory: names and content types
 * that were found right, and each server's last report, of which the mounts are kept that still say the same.
 */
export class KnownLines {
  readonly #lastOf: (id: string) => Report | undefined
  /** by their form in a report */
  readonly #mounts = new Map<string, Mount>()
  readonly #types = new Map<string, string>()
  /** the lines that each was read from */
  readonly #abouts = new WeakMap<AboutMount, string>()

  /** @param lastOf a server's last report, by its id */
  constructor(lastOf: (id: string) => Report | undefined = () => undefined) {
    this.#lastOf = lastOf
  }

  /** The mounts of a server's last report. */
  mountsOf(id: string): readonly MountReport[] {
    return this.#lastOf(id)?.mounts ?? []
  }

  /** Reads a line whose name and type are known; undefined: it has to be parsed. */
  read(line: string): MountReport | undefined {
    const [, path = '', listeners, max, kbps, joins, type = ''] = usualLine.exec(line) ?? []
    const mount = this.#mounts.get(path)
    const contentType = this.#types.get(type)
    if (mount === undefined || contentType === undefined) return undefined
    return {
      mount,
      listeners: Number(listeners),
      max: max === '-' ? null : Number(max),
      kbps: Number(kbps),
      joins: Number(joins),
      contentType,
    }
  }

  /** Remembers the name and the type of a line that was parsed, and returns the mount with these. */
  learn(line: string, parsed: MountReport): MountReport {
    const [, path, , , , , type] = usualLine.exec(line) ?? []
    if (path === undefined || type === undefined) return parsed
    if (this.#mounts.size >= limits.namesKeptMax) this.#mounts.clear()
    if (this.#types.size >= typesMax) this.#types.clear()
    const mount = own(parsed.mount) as Mount
    const contentType = own(parsed.contentType)
    this.#mounts.set(own(path), mount)
    this.#types.set(own(type), contentType)
    return { ...parsed, mount, contentType }
  }

  /** What the last report said about a mount if it had the same lines. */
  aboutOf(last: MountReport | undefined, lines: string): AboutMount | undefined {
    const about = last?.about
    return about && this.#abouts.get(about) === lines ? about : undefined
  }

  learnAbout(about: AboutMount, lines: string): void {
    this.#abouts.set(about, own(lines))
  }
}

/** A text as one that does not keep the report alive that it was cut from, as engines do. */
export const own = (text: string): string => ` ${text}`.slice(1)

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
