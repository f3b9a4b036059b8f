import { eventually } from '../../../kit/base/eventually.ts'
import { NewLines } from '../../../kit/process/new-lines.ts'
import { type Program, start } from '../../../kit/process/process.ts'
import { add, type Break, type ListenPlan, type Redirected, type Seen, type Silence } from './seen.ts'

/** The listeners of a trial, of the plain mount and by HLS, who live in processes of their own, and all that they have seen. */
export class Audience {
  readonly plan: ListenPlan
  readonly redirects: Redirected[] = []
  readonly breaks: Break[] = []
  readonly silences: Silence[] = []
  readonly faults: string[] = []
  readonly refused: Record<string, number> = {}
  readonly silent: Record<string, number> = {}
  frames = 0
  readonly #crowds: readonly Crowd[]
  #isRestless = true

  /** @param hls how many of them listen by HLS */
  constructor(plan: ListenPlan, hls: number) {
    this.plan = plan
    const plain = plan.count - hls
    this.#crowds = [
      ...(plain > 0 ? [new Crowd('listeners.ts', { ...plan, count: plain })] : []),
      ...(hls > 0 ? [new Crowd('sessions.ts', { ...plan, count: hls, seed: plan.seed + 1 })] : []),
    ]
  }

  get pids(): readonly number[] {
    return this.#crowds.map(({ program }) => program.pid)
  }

  /** Reads what they have seen up to now. */
  look(): Pick<Seen, 'atMs' | 'present' | 'left' | 'hearing'> {
    for (const crowd of this.#crowds) {
      if (crowd.isGone) throw new Error(`${crowd.file} has ended: ${crowd.program.output().slice(-2000)}`)
      for (const seen of crowd.lines.take()) this.#take(crowd, seen)
    }
    const present: Record<string, number> = {}
    const left: Record<string, number> = {}
    let hearing = 0
    let atMs = Number.POSITIVE_INFINITY
    for (const { last } of this.#crowds) {
      for (const [host, count] of Object.entries(last?.present ?? {})) add(present, host, count)
      for (const [host, count] of Object.entries(last?.left ?? {})) add(left, host, count)
      hearing += last?.hearing ?? 0
      atMs = Math.min(atMs, last?.atMs ?? 0)
    }
    return { atMs, present, left, hearing }
  }

  /** Of those by HLS alone, by host. */
  get sessions(): Readonly<Record<string, number>> {
    this.look()
    return this.#crowds.find(({ file }) => file === 'sessions.ts')?.last?.present ?? {}
  }

  /** Waits until they have told what they saw until now. */
  async upToNow(): Promise<void> {
    const nowMs = Date.now()
    await eventually(() => this.look().atMs > nowMs)
  }

  /** Waits until each of them is connected and hears the stream; meanwhile nobody leaves by himself. */
  async allHear(): Promise<void> {
    const { count } = this.plan
    const wasRestless = this.#isRestless
    await this.settle()
    await eventually(
      () => {
        const { hearing } = this.look()
        if (hearing < count) throw new Error(`${hearing} of ${count} listeners hear the stream`)
        return true
      },
      { everyMs: 100 },
    )
    if (wasRestless) this.stir()
  }

  /** Nobody leaves by himself until {@link stir}, so that they can be counted. */
  async settle(): Promise<void> {
    await eventually(() => this.look().atMs > 0) // they listen to signals by now
    this.#isRestless = false
    for (const { program } of this.#crowds) program.signal('SIGUSR2')
  }

  stir(): void {
    this.#isRestless = true
    for (const { program } of this.#crowds) program.signal('SIGHUP')
  }

  /** All of them leave now, and come back. */
  comeBack(): void {
    for (const { program } of this.#crowds) program.signal('SIGWINCH')
  }

  async stop(): Promise<void> {
    await Promise.all(this.#crowds.map(({ program }) => program.stop()))
  }

  #take(crowd: Crowd, seen: Seen): void {
    this.redirects.push(...seen.redirects)
    this.breaks.push(...seen.breaks)
    this.silences.push(...seen.silences)
    this.faults.push(...seen.faults)
    for (const [name, count] of Object.entries(seen.refused)) add(this.refused, name, count)
    for (const [name, count] of Object.entries(seen.silent)) add(this.silent, name, count)
    this.frames += seen.frames
    crowd.last = seen
  }
}

class Crowd {
  readonly file: string
  readonly program: Program
  readonly lines: NewLines<Seen>
  last: Seen | undefined
  isGone = false

  constructor(file: string, plan: ListenPlan) {
    this.file = file
    this.program = start('node', [`test/tools/faults/people/${file}`, JSON.stringify(plan)])
    this.lines = new NewLines(this.program)
    this.program.exited.then(() => {
      this.isGone = true
    })
  }
}
