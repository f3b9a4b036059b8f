import { createHash } from 'node:crypto'

/** lines that are kept for a story; the hash is of all */
const keptMax = 4000

/** What happened, in the order in which it did. */
export class Trace {
  readonly lines: { atMs: number; by: string; what: string }[] = []
  readonly #hash = createHash('sha1')

  add(atMs: number, by: string, what: string): void {
    this.#hash.update(`${atMs.toFixed(3)} ${by} ${what}\n`)
    this.lines.push({ atMs, by, what })
    if (this.lines.length > 2 * keptMax) this.lines.splice(0, keptMax)
  }

  get hash(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }
}
