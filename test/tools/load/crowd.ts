import { NewLines } from '../../kit/process/new-lines.ts'
import { type Program, start } from '../../kit/process/process.ts'
import type { CrowdPlan, Heard } from './listeners.ts'

/** listeners per process: never a full processor's work, nor near its limit of 20,000 files */
const listenersPerProcess = 5000

/** Listeners in separate processes, and their statistics. */
export class Crowd {
  readonly programs: readonly Program[]
  #heard: Heard[]
  #firstBytes: number[] = []
  #gapMs = 0
  #lines: NewLines<Heard>[]

  /** Starts as many processes as needed, each with its part of the listeners and of the joins a second. */
  constructor(plan: CrowdPlan, processes = Math.ceil(plan.count / listenersPerProcess)) {
    const part = { ...plan, count: plan.count / processes, perSecond: plan.perSecond / processes }
    this.programs = Array.from({ length: processes }, (_, i) => {
      const count = Math.floor(part.count * (i + 1)) - Math.floor(part.count * i)
      return start('node', ['test/tools/load/listeners.ts', JSON.stringify({ ...part, count })])
    })
    this.#heard = this.programs.map(() => ({ ...silent }))
    this.#lines = this.programs.map((program) => new NewLines(program))
  }

  /** The sum of the newest lines of all processes; the longest gap since {@link takeGapMs}. */
  look(): Omit<Heard, 'firstByteMs' | 'gapMs'> {
    for (const [i, lines] of this.#lines.entries()) this.#readLines(i, lines)
    const sum = (of: (heard: Heard) => number) => this.#heard.reduce((total, heard) => total + of(heard), 0)
    return {
      joined: sum(({ joined }) => joined),
      refused: sum(({ refused }) => refused),
      closed: sum(({ closed }) => closed),
      received: sum(({ received }) => received),
      frame: Math.min(...this.#heard.map(({ frame }) => frame)),
      faults: this.#heard.flatMap(({ faults }) => faults),
    }
  }

  /** ms to the first byte of every listener so far, ascending. */
  firstBytes(): number[] {
    this.look()
    return this.#firstBytes.toSorted((a, b) => a - b)
  }

  /** The longest silence of any listener since the last call, in ms. */
  takeGapMs(): number {
    this.look()
    const gapMs = this.#gapMs
    this.#gapMs = 0
    return gapMs
  }

  async stop(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop()))
  }

  #readLines(i: number, lines: NewLines<Heard>): void {
    for (const heard of lines.take()) {
      this.#heard[i] = heard
      this.#firstBytes.push(...heard.firstByteMs)
      this.#gapMs = Math.max(this.#gapMs, heard.gapMs)
    }
  }
}

const silent: Heard = {
  joined: 0,
  refused: 0,
  closed: 0,
  received: 0,
  firstByteMs: [],
  gapMs: 0,
  frame: -1,
  faults: [],
}
