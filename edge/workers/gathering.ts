/** One that waits to be passed on, and its bytes. */
interface Waiting<In, Out> {
  one: In
  settle: (result: Out) => void
  fail: (error: unknown) => void
}

/** How long and how much is gathered. */
export interface GatheringBounds {
  ms: number
  countMax: number
  bytesMax: number
}

/**
 * Gathers what comes at about the same time, and passes it on together: one call in place of many. Each is answered with its own
 * result; if the call fails, all of them fail.
 */
export class Gathering<In, Out> {
  #pass: (all: In[]) => Promise<readonly Out[]>
  #sleep: (ms: number) => Promise<unknown>
  #bounds: GatheringBounds
  #waiting: Waiting<In, Out>[] = []
  #bytes = 0

  /** @param pass returns a result for each, in the same order */
  constructor(
    pass: (all: In[]) => Promise<readonly Out[]>,
    sleep: (ms: number) => Promise<unknown>,
    bounds: GatheringBounds,
  ) {
    this.#pass = pass
    this.#sleep = sleep
    this.#bounds = bounds
  }

  add(one: In, bytes: number): Promise<Out> {
    const { ms, countMax, bytesMax } = this.#bounds
    if (this.#bytes + bytes > bytesMax) this.#flush()
    const result = new Promise<Out>((settle, fail) => this.#waiting.push({ one, settle, fail }))
    this.#bytes += bytes
    const waiting = this.#waiting
    if (waiting.length >= countMax) this.#flush()
    else if (waiting.length === 1) this.#sleep(ms).then(() => waiting === this.#waiting && this.#flush())
    return result
  }

  #flush(): void {
    const all = this.#waiting
    if (all.length === 0) return
    this.#waiting = []
    this.#bytes = 0
    this.#pass(all.map(({ one }) => one)).then(
      (results) => {
        for (const [i, { settle, fail }] of all.entries()) {
          const result = results[i]
          if (result === undefined) fail(new Error(`no result for ${i + 1} of ${all.length}`))
          else settle(result)
        }
      },
      (error: unknown) => {
        for (const { fail } of all) fail(error)
      },
    )
  }
}
