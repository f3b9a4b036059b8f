/** The server has answered, with something else than was asked for: others may be asked too, but it is not out of order. */
export class OtherAnswer extends Error {
  override name = 'OtherAnswer'
}

/** ms for which a server that failed once comes after the others … */
const firstMs = 10_000
/** … doubled with each further failure, up to this: a server that does not answer costs a whole timeout each time it is tried */
const longestMs = 320_000
/** servers of which failures are remembered: more than a mount has masters, and than a cluster has */
const rememberedMax = 1000

/** Asks servers that may all have the same thing, one after the other, and remembers which of them failed. */
export class FailOver {
  #nowMs: () => number
  /** by key, the oldest failure first */
  #failed = new Map<string, { failures: number; untilMs: number }>()

  /** @param nowMs a clock that does not step back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** In the order of preference, except that those that failed lately come last. */
  inOrder<T>(servers: readonly T[], keyOf: (server: T) => string): T[] {
    const nowMs = this.#nowMs()
    const isOut = (server: T) => (this.#failed.get(keyOf(server))?.untilMs ?? 0) > nowMs
    return [...servers.filter((server) => !isOut(server)), ...servers.filter(isOut)]
  }

  /**
   * The first answer that is what was asked for; else the first answer of any kind; undefined if there is no server.
   * @throws what the last server failed with, if none has answered
   */
  async ask<T, A>(
    servers: readonly T[],
    keyOf: (server: T) => string,
    ask: (server: T) => Promise<A>,
    isWanted: (answer: A) => boolean,
  ): Promise<A | undefined> {
    let other: A | undefined
    let problem: unknown
    for (const server of this.inOrder(servers, keyOf)) {
      try {
        const answer = await ask(server)
        this.#failed.delete(keyOf(server))
        if (isWanted(answer)) return answer
        other ??= answer
      } catch (error) {
        if (!(error instanceof OtherAnswer)) this.#fail(keyOf(server))
        problem = error
      }
    }
    if (problem !== undefined && other === undefined) throw problem
    return other
  }

  #fail(key: string): void {
    const failures = (this.#failed.get(key)?.failures ?? 0) + 1
    const untilMs = this.#nowMs() + Math.min(longestMs, firstMs * 2 ** (failures - 1))
    this.#failed.delete(key)
    this.#failed.set(key, { failures, untilMs })
    const [oldest] = this.#failed.keys()
    if (this.#failed.size > rememberedMax && oldest !== undefined) this.#failed.delete(oldest)
  }
}
