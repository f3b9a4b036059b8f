import type { Counted } from '../../shared/history/counts.ts'
import { edgeLimits } from '../limits.ts'

/** Requests that an isolate has counted, and not yet sent to the object. */
export class CountedLater {
  #counted = new Map<string, Counted>()

  get size(): number {
    return this.#counted.size
  }

  add({ answer, mount, country, sentBackBy, n }: Counted): void {
    const key = `${answer}\n${mount ?? ''}\n${country ?? ''}\n${sentBackBy ?? ''}`
    const before = this.#counted.get(key)
    if (before) before.n += n
    else if (this.#counted.size < edgeLimits.countedMax)
      this.#counted.set(key, { answer, mount, country, sentBackBy, n })
    else this.#addBare(answer, n)
  }

  take(): Counted[] {
    const taken = [...this.#counted.values()]
    this.#counted.clear()
    return taken
  }

  /** They could not be sent: the next call sends them. */
  giveBack(counted: readonly Counted[]): void {
    for (const each of counted) this.add(each)
  }

  #addBare(answer: Counted['answer'], n: number): void {
    const before = this.#counted.get(answer)
    if (before) before.n += n
    else this.#counted.set(answer, { answer, n })
  }
}
