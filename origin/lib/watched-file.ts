import { type BigIntStats, readFileSync, statSync } from 'node:fs'

export interface WatchedFileOptions<T> {
  /** ms between two checks whether it has changed */
  everyMs: number
  nowMs: () => number
  /** may throw: then the file counts as unreadable */
  parse: (text: string) => T
  /** called when it becomes unreadable, once until it is readable again */
  onUnreadable: (error: unknown) => void
}

/** The parsed contents of a small file, read again after changes; the file is checked at most once per interval. */
export class WatchedFile<T> {
  readonly path: string
  #options: WatchedFileOptions<T>
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #seen = ''
  #value: T | undefined
  #isReadable = true

  constructor(path: string, options: WatchedFileOptions<T>) {
    this.path = path
    this.#options = options
  }

  /** Whether it was readable at the last check. */
  get isReadable(): boolean {
    return this.#isReadable
  }

  /** Its contents when it was last readable; undefined if it never was. */
  current(): T | undefined {
    const nowMs = this.#options.nowMs()
    if (nowMs - this.#lookedAtMs >= this.#options.everyMs) {
      this.#lookedAtMs = nowMs
      this.#look()
    }
    return this.#value
  }

  /** Makes the next {@link current} check the file, for a caller that has just written it. */
  forget(): void {
    this.#lookedAtMs = Number.NEGATIVE_INFINITY
    this.#seen = ''
  }

  #look(): void {
    try {
      const seen = marksOf(statSync(this.path, { bigint: true }))
      if (seen === this.#seen) return
      this.#value = this.#options.parse(readFileSync(this.path, 'utf8'))
      this.#seen = seen
      this.#isReadable = true
    } catch (error) {
      this.#seen = ''
      if (this.#isReadable) this.#options.onUnreadable(error)
      this.#isReadable = false
    }
  }
}

/** Identifies a version of a file; a file that replaces it has another inode, whatever its time. */
const marksOf = ({ mtimeNs, size, ino }: BigIntStats) => `${mtimeNs} ${size} ${ino}`
