import { ownText } from '../own-text.ts'
import { type MountForm, numbersEach, PackedMounts, putNumbers, unlimited } from './mount-list.ts'
import type { MountList } from './report.ts'

/** digits that are an integer that a number holds */
const digitsMax = 15
const [space, dash, zero] = [32, 45, 48]

/**
 * The lines of servers that carry the same mounts in the same order. Only the numbers differ, so only these are read and kept: no line
 * is cut out of the text, and nothing is looked up.
 */
export class FleetLines {
  #forms: readonly MountForm[] = []
  /** in the text that is being read: where the next character is; -1 after anything that is not expected */
  #at = 0
  /** of the mount that was read last: its maximum is {@link unlimited} if it has none */
  #listeners = 0
  #max = 0
  #kbps = 0
  #joins = 0

  /** Learns the lines of a report that was parsed, if all of its lines have the usual form. */
  learn(lines: readonly string[], mounts: MountList): void {
    const forms: MountForm[] = []
    for (const { mount, contentType } of mounts) {
      const [, path, type] = /^(\S+ )\d+ (?:-|\d+) \d+ \d+( .*)$/s.exec(lines[forms.length] ?? '') ?? []
      if (path === undefined || type === undefined) return
      forms.push({ path: ownText(path), type: ownText(`${type}\n`), mount, contentType })
    }
    this.#forms = forms
  }

  /**
   * Reads the `count` mounts from a position of a text to its end; undefined if anything there is not as in the lines that were
   * learned, or in those of the server's last report. If all says the same as that one, its list is returned.
   */
  read(text: string, from: number, count: number, last: MountList): MountList | undefined {
    if (count === 0) return undefined
    // fleets may take turns, and a server stays with its own
    const own = last instanceof PackedMounts && last.length === count ? last : undefined
    const read = own && this.#readAs(own.forms, text, from, own)
    if (read || this.#forms === own?.forms || this.#forms.length !== count) return read
    return this.#readAs(this.#forms, text, from, undefined)
  }

  /** @param last a list of the same forms */
  #readAs(
    forms: readonly MountForm[],
    text: string,
    from: number,
    last: PackedMounts | undefined,
  ): PackedMounts | undefined {
    // undefined as long as nothing differs from the last report
    let numbers: Float64Array<ArrayBuffer> | undefined
    this.#at = from
    let place = 0
    for (const form of forms) {
      if (!this.#readMount(text, form)) return undefined
      if (!last?.has(place, this.#listeners, this.#max, this.#kbps, this.#joins)) {
        numbers ??= last?.numbers() ?? new Float64Array(forms.length * numbersEach)
        putNumbers(numbers, place, this.#listeners, this.#max, this.#kbps, this.#joins)
      }
      place++
    }
    if (this.#at !== text.length) return undefined
    return numbers ? new PackedMounts(forms, numbers) : last
  }

  /** Reads the numbers of a mount; false if its line is not as expected. */
  #readMount(text: string, { path, type }: MountForm): boolean {
    if (!text.startsWith(path, this.#at)) return false
    this.#at += path.length
    const listeners = this.#readCount(text)
    const isUnlimited = text.charCodeAt(this.#at) === dash && text.charCodeAt(this.#at + 1) === space
    const max = isUnlimited ? unlimited : this.#readCount(text)
    if (isUnlimited) this.#at += 2
    const kbps = this.#readCount(text)
    const joins = this.#readCount(text)
    // the type begins with the space behind the last number
    if (listeners < 0 || (!isUnlimited && max < 0) || kbps < 0 || joins < 0) return false
    if (!text.startsWith(type, this.#at - 1)) return false
    this.#at += type.length - 1
    this.#listeners = listeners
    this.#max = max
    this.#kbps = kbps
    this.#joins = joins
    return true
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
