/** Writes as many of the bytes as the reader accepts now, and returns how many. Throws or rejects if there is no reader. */
export type WriteBytes = (bytes: Uint8Array) => number | Promise<number>

export interface LineQueueOptions {
  write: WriteBytes
  /** calls back at the end of this turn of the event loop */
  soon: (call: () => void) => unknown
  /** calls back later */
  after: (ms: number, call: () => void) => unknown
  /** the line that says how many lines are missing at its position */
  printLost: (lines: number) => string
}

/** characters that wait for the reader before lines are dropped: enough to log a crowd that leaves at once */
export const linesLengthMax = 8 * 1_048_576
/** ms between two attempts while the reader accepts nothing: a pipe holds 64 KiB, so a slow reader still gets 6 MB a second */
const fullMs = 10
/** ms between two attempts while there is no reader */
const goneMs = 1000
const encoder = new TextEncoder()

/** The bytes being written: lines, or the note that some are missing. */
interface Batch {
  bytes: Uint8Array
  /** lines that are lost if it cannot be written */
  lines: number
  /** characters in these lines; they count as waiting until the batch is written */
  length: number
}

/**
 * Log lines for a reader that may stall or go away; neither stops or blocks the program. All lines of one turn of the event
 * loop leave in one write. Bytes that the reader does not accept wait within a bound; beyond it, lines are dropped. Once
 * the reader has accepted everything that waited, a line says how many are missing.
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

  /** @param line without its line end */
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

  /** Writes what the reader accepts now, because the program is about to exit. */
  flush(): void {
    this.#send()
  }

  /** Resolves when all is written, or after `ms`: a reader that has stalled does not keep the program from exiting. */
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

  /** Handles the end of an asynchronous write. */
  #settle(taken: number | undefined): void {
    this.#writing = false
    if (taken === undefined || !this.#batch) this.#lose()
    else {
      this.#took(this.#batch, taken)
      this.#send()
    }
  }

  /** Whether the batch is written completely. */
  #took(batch: Batch, bytes: number): boolean {
    if (bytes < batch.bytes.length) {
      batch.bytes = batch.bytes.subarray(bytes)
      return false
    }
    this.#batch = undefined
    this.#length -= batch.length
    return true
  }

  /** The waiting lines as one batch; once they are written, the note about the lost ones. */
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
