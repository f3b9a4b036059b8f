import { gauge } from './gauge.ts'
import type { MemorySample } from './trend.ts'

/** A program that is watched. */
export interface Watched {
  name: string
  pid: number
}

/** The samples of the programs over time. */
export class Watch {
  readonly programs: readonly Watched[]
  readonly samples: MemorySample[][]
  #beganMs: number
  #nowMs: () => number

  constructor(programs: readonly Watched[], nowMs: () => number) {
    this.programs = programs
    this.samples = programs.map(() => [])
    this.#nowMs = nowMs
    this.#beganMs = nowMs()
  }

  /** Samples each program once. Throws if one has exited. */
  take(): void {
    const atS = (this.#nowMs() - this.#beganMs) / 1000
    for (const [i, { pid }] of this.programs.entries()) this.samples[i]?.push(gauge(pid, atS))
  }

  /** Open descriptors of each program at this moment. */
  descriptors(): number[] {
    return this.programs.map(({ pid }) => gauge(pid, 0).descriptors)
  }
}
