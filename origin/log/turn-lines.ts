/**
 * Gathers the lines of one turn of the event loop into one write: stdout is written synchronously, and a crowd that leaves
 * is thousands of lines.
 */
export class TurnLines {
  #write: (lines: string) => void
  #soon: (call: () => void) => unknown
  #lines: string[] = []

  /**
   * @param write gets lines with a line break between each two
   * @param soon calls back once this turn is over
   */
  constructor(write: (lines: string) => void, soon: (call: () => void) => unknown) {
    this.#write = write
    this.#soon = soon
  }

  add(line: string): void {
    if (this.#lines.push(line) === 1) this.#soon(() => this.flush())
  }

  /** Writes what there is now: the program ends. */
  flush(): void {
    if (this.#lines.length === 0) return
    const lines = this.#lines.join('\n')
    this.#lines = []
    this.#write(lines)
  }
}
