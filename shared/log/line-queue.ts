/** Takes as many of some bytes as their reader takes at once, and says how many. Throws or rejects where nobody reads. */
export type WriteBytes = (bytes: Uint8Array) => number | Promise<number>

export interface LineQueueOptions {
  write: WriteBytes
  /** calls back once this turn of the event loop is over */
  soon: (call: () => void) => unknown
  /** calls back later */
  after: (ms: number, call: () => void) => unknown
  /** the line that says how many are missing where it stands */
  printLost: (lines: number) => string
}

/** characters that wait for the reader: what a crowd that leaves is logged with, before lines are lost */
export const linesLengthMax = 8 * 1_048_576
/** ms between two tries at a reader who takes nothing: a pipe holds 64 KiB, so one who is merely slow gets 6 MB a second */
const fullMs = 10
/** ms between two tries where nobody reads */
const goneMs = 1000
const encoder = new TextEncoder()

/** What is being written: lines, or the note that some are missing. */
interface Batch {
  bytes: Uint8Array
  /** lines that are lost where it cannot be written */
  lines: number
  /** characters of them, which count as waiting until it is written */
  length: number
}

/**
 * Lines on their way to a reader who may stall or go away, which neither stops nor blocks the program: what is logged in
 * one turn leaves in one write, what is not taken waits within a bound, and beyond it lines are dropped. Once the reader
 * has taken all that waited, a line says how many are missing.
 */
export class LineQueue {
  #options: LineQueueOptions
  #lines: string[] = []
  #length = 0
  #lost = 0
  #batch: Batch | undefined
  /** a call of {@link #send} is due, or a write is under way */
  #busy = false
  #writing = false

  constructor(options: LineQueueOptions) {
    this.#options = options
  }

  /** @param line without the end of it */
  add(line: string): void {
    if (this.#lost > 0 || this.#length + line.length >= linesLengthMax) this.#lost++
    else {
      this.#lines.push(line)
      this.#length += line.length + 1
    }
    if (this.#busy) return
    this.#busy = true
    this.#options.soon(() => this.#send())
  }

  /** Writes what the reader takes now: the program ends. */
  flush(): void {
    this.#send()
  }

  /** Resolves when all is written, or `ms` have passed: whoever does not read is not waited for. */
  async flushed(ms: number): Promise<void> {
    this.flush()
    for (let waited = 0; !this.#isEmpty && waited < ms; waited += fullMs)
      await new Promise<void>((resolve) => void this.#options.after(fullMs, resolve))
  }

  get #isEmpty(): boolean {
    return this.#batch === undefined && this.#lines.length === 0 && this.#lost === 0
  }

  #send(): void {
    if (this.#writing) return
    this.#busy = false
    for (let batch = this.#next(); batch; batch = this.#next()) {
      const taken = this.#write(batch)
      if (taken instanceof Promise) {
        this.#busy = true
        this.#writing = true
        taken.then((bytes) => this.#settle(bytes)).catch(() => this.#settle(undefined))
        return
      }
      if (taken === undefined) {
        this.#lose()
        return
      }
      if (!this.#took(batch, taken)) {
        this.#again(fullMs)
        return
      }
    }
  }

  #write({ bytes }: Batch): number | Promise<number> | undefined {
    try {
      return this.#options.write(bytes)
    } catch {
      return undefined
    }
  }

  /** A write that took its time is over. */
  #settle(taken: number | undefined): void {
    this.#writing = false
    if (taken === undefined || !this.#batch) this.#lose()
    else {
      this.#took(this.#batch, taken)
      this.#send()
    }
  }

  /** Whether it is written to its end. */
  #took(batch: Batch, bytes: number): boolean {
    if (bytes < batch.bytes.length) {
      batch.bytes = batch.bytes.subarray(bytes)
      return false
    }
    this.#batch = undefined
    this.#length -= batch.length
    return true
  }

  /** What waits, in one piece; once that is written, the note of what was lost. */
  #next(): Batch | undefined {
    if (this.#batch) return this.#batch
    if (this.#lines.length > 0) {
      const bytes = encoder.encode(`${this.#lines.join('\n')}\n`)
      this.#batch = { bytes, lines: this.#lines.length, length: this.#length }
      this.#lines = []
    } else if (this.#lost > 0) {
      const note = this.#options.printLost(this.#lost)
      this.#batch = { bytes: encoder.encode(`${note}\n`), lines: this.#lost, length: 0 }
      this.#lost = 0
    }
    return this.#batch
  }

  #lose(): void {
    this.#lost += this.#batch?.lines ?? 0
    this.#length -= this.#batch?.length ?? 0
    this.#batch = undefined
    this.#again(goneMs)
  }

  #again(ms: number): void {
    this.#busy = true
    this.#options.after(ms, () => this.#send())
  }
}
