import { readFileSync } from 'node:fs'

/** ms between two looks */
const lookMs = 250
/** looks that are kept: half an hour */
const looksMax = 7200

/** ms for which a program's main thread was ready to run and had no processor, as Linux counts; 0 where it does not tell. */
export function waitedMs(pid: number): number {
  try {
    const [, waitedNs = 0] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ').map(Number)
    return waitedNs / 1e6
  } catch {
    return 0 // it has exited
  }
}

/** How long programs waited for a processor: what comes late by less is the machine's fault, and nobody's who is judged. */
export class Waits {
  readonly #looks: { atMs: number; waited: ReadonlyMap<number, number> }[] = []
  readonly #timer: NodeJS.Timeout

  /** @param pids of the programs that run now */
  constructor(pids: () => readonly number[], nowMs = Date.now) {
    this.#timer = setInterval(
      () => this.note(nowMs(), new Map(pids().map((pid) => [pid, waitedMs(pid)]))),
      lookMs,
    )
    this.#timer.unref()
  }

  note(atMs: number, waited: ReadonlyMap<number, number>): void {
    this.#looks.push({ atMs, waited })
    if (this.#looks.length > looksMax) this.#looks.shift()
  }

  /** ms that the program waited that waited longest, between two moments */
  longest(fromMs: number, toMs: number): number {
    const before = this.#looks.findLast(({ atMs }) => atMs <= fromMs)?.waited
    const after = (this.#looks.find(({ atMs }) => atMs >= toMs) ?? this.#looks.at(-1))?.waited
    return Math.max(0, ...[...(after ?? [])].map(([pid, ms]) => ms - (before?.get(pid) ?? 0)))
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
