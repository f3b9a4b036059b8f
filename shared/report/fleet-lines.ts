import type { Mount } from '../mount.ts'
import { ownText } from '../own-text.ts'
import { saysSame } from './mount-changes.ts'
import type { MountReport } from './report.ts'

/** What does not change in a mount's line from one server of a fleet to the next. */
interface Form {
  /** `/live.mp3 `, as written */
  path: string
  /** ` audio/mpeg` and LF */
  type: string
  mount: Mount
  contentType: string
}

/** digits that are an integer that a number holds */
const digitsMax = 15
const [space, dash, zero] = [32, 45, 48]

/**
 * The lines of servers that carry the same mounts in the same order. Only the numbers differ, so only these are read: no line is cut
 * out of the text, and nothing is looked up.
 */
export class FleetLines {
  #forms: readonly Form[] = []
  /** in the text that is being read: where the next character is; -1 after anything that is not expected */
  #at = 0

  /** Learns the lines of a report that was parsed, if all of its lines have the usual form. */
  learn(lines: readonly string[], mounts: readonly MountReport[]): void {
    const forms: Form[] = []
    for (const [i, { mount, contentType }] of mounts.entries()) {
      const [, path, type] = /^(\S+ )\d+ (?:-|\d+) \d+ \d+( .*)$/s.exec(lines[i] ?? '') ?? []
      if (path === undefined || type === undefined) return
      forms.push({ path: ownText(path), type: ownText(`${type}\n`), mount, contentType })
    }
    this.#forms = forms
  }

  /**
   * Reads the `count` mounts from a position of a text to its end; undefined if anything there is not as in the lines that were
   * learned. What says the same as in the server's last report is the same object; if all of it does, so is the array.
   */
  read(
    text: string,
    from: number,
    count: number,
    last: readonly MountReport[],
  ): readonly MountReport[] | undefined {
    const forms = this.#forms
    if (count === 0 || count !== forms.length) return undefined
    // undefined as long as nothing differs from the last report
    let mounts = last.length === count ? undefined : last.slice(0, count)
    this.#at = from
    for (let i = 0; i < count; i++) {
      const mount = this.#readMount(text, forms[i], last[i])
      if (!mount) return undefined
      if (mount === last[i]) continue
      mounts ??= last.slice()
      mounts[i] = mount
    }
    return this.#at === text.length ? (mounts ?? last) : undefined
  }

  #readMount(text: string, form: Form | undefined, last: MountReport | undefined): MountReport | undefined {
    if (!form || !text.startsWith(form.path, this.#at)) return undefined
    this.#at += form.path.length
    const listeners = this.#readCount(text)
    const isUnlimited = text.charCodeAt(this.#at) === dash && text.charCodeAt(this.#at + 1) === space
    const max = isUnlimited ? null : this.#readCount(text)
    if (isUnlimited) this.#at += 2
    const kbps = this.#readCount(text)
    const joins = this.#readCount(text)
    // the type begins with the space behind the last number
    if (listeners < 0 || (max !== null && max < 0) || kbps < 0 || joins < 0) return undefined
    if (!text.startsWith(form.type, this.#at - 1)) return undefined
    this.#at += form.type.length - 1
    const { mount, contentType } = form
    // compared before it is made: most mounts of a report say what they said before
    const isSame =
      last?.mount === mount &&
      last.contentType === contentType &&
      last.about === undefined &&
      saysSame(last, listeners, max, kbps, joins)
    return isSame ? last : { mount, listeners, max, kbps, joins, contentType }
  }

  /** Reads an integer and the space behind it; -1 if there is something else. */
  #readCount(text: string): number {
    const from = this.#at
    let count = 0
    for (let at = from; at - from <= digitsMax; at++) {
      const code = text.charCodeAt(at)
      if (code === space && at > from) {
        this.#at = at + 1
        return count
      }
      const digit = code - zero
      // NaN at the end of the text is no digit either
      if (!(digit >= 0 && digit <= 9)) return -1
      count = count * 10 + digit
    }
    return -1
  }
}
