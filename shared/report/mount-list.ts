import type { Mount } from '../mount.ts'
import type { MountList, MountReport } from './report.ts'

/** What does not change in a mount's line from one server of a fleet to the next. */
export interface MountForm {
  /** `/live.mp3 `, as written */
  readonly path: string
  /** ` audio/mpeg` and LF */
  readonly type: string
  readonly mount: Mount
  readonly contentType: string
}

/** numbers of each mount: listeners, its maximum, kbit/s, joins */
export const numbersEach = 4
/** in place of a maximum: there is none */
export const unlimited = -1

/** Writes the numbers of the mount at a place. @param max {@link unlimited} if it has none */
export function putNumbers(
  numbers: Float64Array,
  place: number,
  listeners: number,
  max: number,
  kbps: number,
  joins: number,
): void {
  const at = place * numbersEach
  numbers[at] = listeners
  numbers[at + 1] = max
  numbers[at + 2] = kbps
  numbers[at + 3] = joins
}

/**
 * The mounts of a server whose fleet carries the same ones: their numbers in one array, at which a garbage collector does not look, and
 * names that all servers of the fleet share. A report of a mount is made each time that somebody looks at it; they are equal, and not
 * the same object.
 */
export class PackedMounts implements MountList {
  readonly forms: readonly MountForm[]
  readonly #numbers: Float64Array<ArrayBuffer>

  /** @param numbers {@link numbersEach} of each form; they must not be changed afterwards */
  constructor(forms: readonly MountForm[], numbers: Float64Array<ArrayBuffer>) {
    if (numbers.length !== forms.length * numbersEach)
      throw new RangeError(`${numbers.length} numbers of ${forms.length} mounts`)
    this.forms = forms
    this.#numbers = numbers
  }

  get length(): number {
    return this.forms.length
  }

  at(place: number): MountReport | undefined {
    const form = this.forms[place]
    if (!form) return undefined
    const { mount, contentType } = form
    const numbers = this.#numbers
    const at = place * numbersEach
    const max = numbers[at + 1] ?? unlimited
    return {
      mount,
      listeners: numbers[at] ?? 0,
      max: max === unlimited ? null : max,
      kbps: numbers[at + 2] ?? 0,
      joins: numbers[at + 3] ?? 0,
      contentType,
    }
  }

  *[Symbol.iterator](): Generator<MountReport, void> {
    for (let place = 0; place < this.length; place++) {
      const mount = this.at(place)
      if (mount) yield mount
    }
  }

  map<T>(of: (mount: MountReport, place: number) => T): T[] {
    return [...this].map(of)
  }
  filter(is: (mount: MountReport, place: number) => boolean): MountReport[] {
    return [...this].filter(is)
  }
  every(is: (mount: MountReport, place: number) => boolean): boolean {
    return [...this].every(is)
  }
  slice(from?: number, to?: number): MountReport[] {
    return [...this].slice(from, to)
  }

  /** Whether another list has the same names, so that its numbers alone can differ. */
  isAlike(other: MountList): other is PackedMounts {
    return other instanceof PackedMounts && other.forms === this.forms
  }

  /** A copy of the numbers, to change some of them. */
  numbers(): Float64Array<ArrayBuffer> {
    return this.#numbers.slice()
  }

  /** Whether the mount at a place has these numbers. @param max {@link unlimited} if it has none */
  has(place: number, listeners: number, max: number, kbps: number, joins: number): boolean {
    const numbers = this.#numbers
    const at = place * numbersEach
    return (
      numbers[at] === listeners &&
      numbers[at + 3] === joins &&
      numbers[at + 1] === max &&
      numbers[at + 2] === kbps
    )
  }

  /** Whether the mounts of a list with the same names have the same maxima. */
  hasSameMaxima(other: PackedMounts): boolean {
    const [some, others] = [this.#numbers, other.#numbers]
    for (let at = 1; at < some.length; at += numbersEach) if (some[at] !== others[at]) return false
    return true
  }

  /** Whether a list with the same names says the same of the mount at a place. */
  isSameAt(place: number, other: PackedMounts): boolean {
    const [some, others] = [this.#numbers, other.#numbers]
    for (let at = place * numbersEach; at < (place + 1) * numbersEach; at++)
      if (some[at] !== others[at]) return false
    return true
  }
}

/** The name of a mount in a list, without all else. */
export const nameAt = (mounts: MountList, place: number): Mount | undefined =>
  mounts instanceof PackedMounts ? mounts.forms[place]?.mount : mounts.at(place)?.mount

/** Whether two lists name the same mounts in the same order. */
export function hasSameNames(some: MountList, others: MountList): boolean {
  if (some === others || (some instanceof PackedMounts && some.isAlike(others))) return true
  if (some.length !== others.length) return false
  for (let place = 0; place < some.length; place++)
    if (nameAt(some, place) !== nameAt(others, place)) return false
  return true
}
