import { type BigIntStats, readFileSync, statSync } from 'node:fs'

export interface WatchedFileOptions<T> {
  /** ms between two looks whether it has changed */
  everyMs: number
  nowMs: () => number
  /** may throw: then the file counts as unreadable */
  parse: (text: string) => T
  /** called when it cannot be read, once until it can be again */
  onUnreadable: (error: unknown) => void
}

/** What a small file says, read again when it has changed; looked at no more often than told, however often it is asked. */
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

  /** Whether it could be read when it was last looked at. */
  get isReadable(): boolean {
    return this.#isReadable
  }

  /** What it said when it could last be read; undefined where it never could. */
  current(): T | undefined {
    const nowMs = this.#options.nowMs()
    if (nowMs - this.#lookedAtMs >= this.#options.everyMs) {
      this.#lookedAtMs = nowMs
      this.#look()
    }
    return this.#value
  }

  /** Has the next question look at it, for who has just written it. */
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

/** What tells two versions of a file apart; a file put in its place has another inode, whatever its time. */
const marksOf = ({ mtimeNs, size, ino }: BigIntStats) => `${mtimeNs} ${size} ${ino}`
