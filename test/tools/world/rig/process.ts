import type { Timers } from '../../../../origin/lib/timers.ts'
import type { Clock } from './clock.ts'
import { running } from './globals.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * A process of the world. What it waits for are timers and messages, so it can be killed at any `await`: nothing that it waited
 * for comes any more. A stopped one (SIGSTOP) gets everything at once when it goes on.
 */
export class Process {
  readonly name: string
  readonly clock: Clock
  readonly #scheduler: Scheduler
  #isAlive = true
  #isHung = false
  #backlog: (() => void)[] = []
  #onEnd: (() => void)[] = []
  readonly #bornMs: number
  readonly #bornSteadyMs: number

  constructor(name: string, scheduler: Scheduler, clock: Clock) {
    this.name = name
    this.clock = clock
    this.#scheduler = scheduler
    this.#bornMs = clock.wallMs()
    this.#bornSteadyMs = clock.steadyMs()
  }

  get isAlive(): boolean {
    return this.#isAlive
  }
  get isHung(): boolean {
    return this.#isHung
  }

  /** As `monotonicNowMs` of shared/clock.ts: the wall clock at the start, and what has passed since then. */
  readonly nowMs = (): number => this.#bornMs + this.clock.steadyMs() - this.#bornSteadyMs

  readonly timers: Timers = {
    after: (ms, call) => this.after(ms, call),
    soon: (call) => this.after(0, call),
  }

  readonly sleep = (ms: number): Promise<void> => new Promise((wake) => this.after(ms, wake))

  /** Runs something as this process; never if it has ended, and later if it is stopped. */
  run(act: () => void): void {
    if (!this.#isAlive) return
    if (this.#isHung) {
      this.#backlog.push(act)
      return
    }
    running.process = this
    act()
  }

  after(ms: number, call: () => void): () => void {
    const trueMs = this.clock.trueSpan(Math.max(0, ms))
    return this.#scheduler.at(this.#scheduler.nowMs + trueMs, this.name, () => this.run(call))
  }

  /** Calls back when this process ends, however it does. */
  onEnd(call: () => void): void {
    this.#onEnd.push(call)
  }

  /** `kill -9` */
  kill(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.#isHung = false
    this.#backlog = []
    for (const call of this.#onEnd.splice(0)) call()
  }

  /** SIGSTOP, a frozen container, a disk that does not answer */
  hang(): void {
    this.#isHung = this.#isAlive
  }

  /** SIGCONT: what has waited is done one after the other, each with all that follows from it. */
  goOn(): void {
    this.#isHung = false
    for (const act of this.#backlog.splice(0))
      this.#scheduler.at(this.#scheduler.nowMs, this.name, () => this.run(act))
  }
}
