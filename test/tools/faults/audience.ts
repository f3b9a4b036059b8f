import { eventually } from '../../kit/eventually.ts'
import { NewLines } from '../../kit/new-lines.ts'
import { type Program, start } from '../../kit/process.ts'
import type { ListenPlan, Seen } from './listeners.ts'

/** The listeners of a trial, who live in a process of their own, and all that they have seen. */
export class Audience {
  readonly plan: ListenPlan
  readonly program: Program
  readonly redirects: [askedMs: number, to: string][] = []
  readonly gaps: Seen['gaps'] = []
  readonly faults: string[] = []
  readonly refused = new Map<string, number>()
  readonly silent = new Map<string, number>()
  frames = 0
  #present: Record<string, number> = {}
  #hearing = 0
  #atMs = 0
  #lines: NewLines<Seen>

  constructor(plan: ListenPlan) {
    this.plan = plan
    this.program = start('node', ['test/tools/faults/listeners.ts', JSON.stringify(plan)])
    this.#lines = new NewLines(this.program)
  }

  /** Reads what they have seen up to now. */
  look(): { atMs: number; present: Readonly<Record<string, number>>; hearing: number } {
    for (const seen of this.#lines.take()) this.#take(seen)
    return { atMs: this.#atMs, present: this.#present, hearing: this.#hearing }
  }

  /** Waits until they have told what they saw until now. */
  async upToNow(): Promise<void> {
    const nowMs = Date.now()
    await eventually(() => this.look().atMs > nowMs)
  }

  /** Waits until each of them is connected and hears the stream. */
  async allHear(): Promise<void> {
    const { count } = this.plan
    await eventually(
      () => {
        const { hearing } = this.look()
        if (hearing < count) throw new Error(`${hearing} of ${count} listeners hear the stream`)
        return true
      },
      { everyMs: 100 },
    )
  }

  /** Nobody leaves by himself until {@link stir}, so that they can be counted. */
  async settle(): Promise<void> {
    await eventually(() => this.look().atMs > 0) // it listens to signals by now
    this.program.signal('SIGUSR2')
  }

  stir(): void {
    this.program.signal('SIGHUP')
  }

  stop(): Promise<void> {
    return this.program.stop()
  }

  #take(seen: Seen): void {
    for (const each of seen.redirects) this.redirects.push(each)
    for (const each of seen.gaps) this.gaps.push(each)
    for (const each of seen.faults) this.faults.push(each)
    for (const [counts, more] of [
      [this.refused, seen.refused],
      [this.silent, seen.silent],
    ] as const)
      for (const [name, count] of Object.entries(more)) counts.set(name, (counts.get(name) ?? 0) + count)
    this.frames += seen.frames
    this.#present = seen.present
    this.#hearing = seen.hearing
    this.#atMs = seen.atMs
  }
}
