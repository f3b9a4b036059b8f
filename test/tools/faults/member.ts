import { eventually } from '../../kit/base/eventually.ts'
import { runIcecast } from '../../kit/peers/icecast.ts'
import { type Program, start } from '../../kit/process/process.ts'
import type { EdgeRuntime, Server } from '../../kit/process/runtimes.ts'

/** How a program of the cluster is started; the same at each start. */
export interface MemberPlan {
  name: string
  runtime: EdgeRuntime | 'stock'
  /** the runtime and its arguments */
  command: readonly [string, ...string[]]
  /** words before the command, such as those that limit what it may open */
  before?: readonly string[]
  env: Record<string, string>
  host: string
  port: number
  /** the path that answers once it serves */
  path: string
  /** s between two reports; an edge has none */
  interval?: number
}

/** Since when redirects to a server are wrong, and until when. */
export interface Out {
  host: string
  fromMs: number
  untilMs: number
  why: string
}

/** ms by which a report may be older than the moment at which the edge read it, on a busy machine */
const lateMs = 1500
/** ms in which a program that was asked to stop has to exit: the default grace, and what a busy machine adds */
const exitMs = 15_000

/** A program of the cluster that is killed, stopped and started again, always at the same address. */
export class Member implements Server {
  readonly plan: MemberPlan
  readonly url: string
  readonly port: number
  /** the output of all its runs */
  readonly runs: Program[] = []
  readonly outs: Out[] = []
  /** exits that nobody asked for, and wrong exit codes */
  readonly faults: string[] = []
  /** words before the command at the next start */
  before: readonly string[]
  env: Record<string, string>
  #expected: 'none' | 'kill' | 'leave' | 'may refuse' = 'none'

  constructor(plan: MemberPlan) {
    this.plan = plan
    this.url = `http://${plan.host}:${plan.port}`
    this.port = plan.port
    this.before = plan.before ?? []
    this.env = plan.env
  }

  get name(): string {
    return this.plan.name
  }

  /** host and port, as a redirect names it */
  get address(): string {
    return `${this.plan.host}:${this.port}`
  }

  get program(): Program {
    const program = this.runs.at(-1)
    if (!program) throw new Error(`${this.name} was never started`)
    return program
  }

  /** of its newest run; none before its start */
  get pids(): readonly number[] {
    return this.runs.slice(-1).map(({ pid }) => pid)
  }

  /** Starts it, and does not wait. */
  begin(expected: 'none' | 'may refuse' = 'none'): Program {
    const [command = '', ...args] = [...this.before, ...this.plan.command]
    const program = start(command, args, { env: this.env })
    this.runs.push(program)
    this.#expected = expected
    program.exited.then(({ code, signal }) => this.#judge(program, code, signal))
    return program
  }

  /** Starts it, and waits until it answers. */
  async start(): Promise<void> {
    if (this.plan.runtime === 'stock') {
      await runIcecast(() => this.begin('may refuse'), this.url)
      return this.isBack()
    }
    const program = this.begin()
    try {
      await eventually(async () => program.isGone || (await fetch(this.url + this.plan.path)).ok)
      if (program.isGone) throw new Error('it exited')
    } catch (problem) {
      throw new Error(`${this.name} does not answer: ${problem}\n${program.output().slice(-3000)}`)
    }
    this.isBack()
  }

  /** Redirects to it are right from now on. */
  isBack(): void {
    if (this.#expected === 'may refuse') this.#expected = 'none'
    for (const out of this.outs) out.untilMs = Math.min(out.untilMs, Date.now())
  }

  /** kill -9 */
  async kill(): Promise<void> {
    this.#expected = 'kill'
    this.program.kill('SIGKILL')
    await this.program.exited
    this.#isOut('kill -9', this.#deadlineMs)
  }

  /** SIGSTOP: no report comes, and its connections stay open. */
  pause(): void {
    this.program.kill('SIGSTOP')
    this.#isOut('SIGSTOP', this.#deadlineMs)
  }

  /** The edge hears nothing of it from now on, though it runs. */
  isSilent(why: string): void {
    this.#isOut(why, this.#deadlineMs)
  }

  /** The edge has acknowledged that it gets nobody. */
  isDrained(): void {
    this.#isOut('drained', 0)
  }

  /** SIGCONT */
  goOn(): void {
    this.program.kill('SIGCONT')
    this.isBack()
  }

  /** SIGTERM, and waits for its exit. */
  async leave(): Promise<void> {
    this.#expected = 'leave'
    const { program } = this
    program.signal('SIGTERM')
    const isLate = Symbol('late')
    const late = new Promise((resolve) => setTimeout(resolve, exitMs, isLate).unref())
    if ((await Promise.race([program.exited, late])) === isLate) {
      this.faults.push(`${this.name} did not exit within ${exitMs / 1000} s of SIGTERM`)
      await program.stop()
    }
    this.#isOut('SIGTERM', 0)
  }

  /** Its end at the end of a trial, whatever state it is in. */
  async stop(): Promise<void> {
    this.#expected = 'kill'
    await this.runs.at(-1)?.stop()
  }

  /** ms after which a server that is silent gets nobody: 2.5 promised intervals and 2 s */
  get #deadlineMs(): number {
    return 2500 * (this.plan.interval ?? 0) + 2000 + lateMs
  }

  #isOut(why: string, afterMs: number): void {
    const fromMs = Date.now() + afterMs
    this.outs.push({ host: this.address, fromMs, untilMs: Number.POSITIVE_INFINITY, why })
  }

  #judge(program: Program, code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal ?? `code ${code}`
    if (this.#expected === 'kill' || this.#expected === 'may refuse' || program !== this.program) return
    if (this.#expected === 'leave' && code === 0) return
    const what = this.#expected === 'leave' ? 'exited after SIGTERM' : 'exited by itself'
    this.faults.push(`${this.name} ${what} with ${how}: ${program.output().slice(-1000)}`)
  }
}
