/**
 * Long waits that begin before the tests, all at once, each for a test of its own: that test awaits it, and fails alone by it.
 * A wait that fails before its test awaits it does not count as an unhandled rejection.
 */
export class Together<T> {
  readonly #works = new Map<string, Promise<T>>()

  begin(name: string, work: Promise<T>): void {
    work.catch(() => {}) // whoever asks for it is told
    this.#works.set(name, work)
  }

  /** What came of one. @throws what it threw, or if it never began */
  async of(name: string): Promise<T> {
    const work = this.#works.get(name)
    if (!work) throw new Error(`${name} did not begin`)
    return await work
  }

  /** Waits for the end of all, however they end. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#works.values())
  }
}
