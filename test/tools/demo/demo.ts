import { type DemoDraw, type DemoPasswords, type DemoProgram, parseDemoPort, planDemo } from './plan.ts'

/** What the demo does to the machine it runs on. */
export interface DemoMachine {
  isFree(port: number): Promise<boolean>
  /** Runs a program; returns its pid. */
  start(program: DemoProgram): number
  /** Resolves once a program listens on this port; throws where none does. */
  untilListening(port: number): Promise<unknown>
  /** Resolves once a listener at this url was redirected to audio; throws where that does not come. */
  untilPlaying(url: string): Promise<unknown>
  /** Resolves to the servers that do not get listeners of the mount: none once all do, or those that a deadline leaves. */
  untilInDraw(draw: DemoDraw): Promise<readonly string[]>
  /** Ends all programs, `last` when the others have ended. */
  stop(last: string): Promise<void>
  print(text: string): void
  complain(text: string): void
  exit(code: number): void
}

/** A cluster of real processes with a source, from its first line to its end. */
export class Demo {
  readonly #machine: DemoMachine
  #isEnding = false
  /** programs that may be lost, once everything has played */
  #spare: readonly string[] = []

  constructor(machine: DemoMachine) {
    this.#machine = machine
  }

  /** Starts everything and prints what to try. Nothing is started where the port is wrong or one of the four is taken. */
  async run(portText: string, passwords: DemoPasswords): Promise<void> {
    const machine = this.#machine
    const port = parseDemoPort(portText)
    if (port === undefined)
      return this.#refuse(
        `PORT is "${portText}", expected an integer from 1 to 65532: the demo uses it and the next three ports`,
      )
    const { ports, programs, relays, draw, listenUrl, guide } = planDemo(port, passwords)
    // otherwise the printed urls could lead to another running demo
    for (const each of ports)
      if (!(await machine.isFree(each)))
        return this.#refuse(
          `port ${each} is taken; the demo needs ${port} to ${port + 3}, or others: set PORT, such as PORT=9000`,
        )
    try {
      for (const program of programs) await this.#start(program)
      await machine.untilPlaying(listenUrl)
    } catch (problem) {
      if (this.#isEnding) return
      machine.complain(`no redirect worked: ${problem}`)
      return this.end(1)
    }
    for (const relay of relays) await this.#start(relay)
    if (this.#isEnding) return
    const missing = await machine.untilInDraw(draw)
    if (this.#isEnding) return
    this.#spare = relays.map(({ name }) => name)
    machine.print(guide(missing))
  }

  async #start(program: DemoProgram): Promise<void> {
    if (this.#isEnding) return
    const pid = this.#machine.start(program)
    this.#machine.print(`${program.name.padEnd(7)}| pid ${pid}, ${program.about}`)
    if (program.awaited !== undefined) await this.#machine.untilListening(program.awaited)
  }

  /** A program has exited unexpectedly. Its user may have killed a relay to hear what happens; the rest is not a cluster without any of the others. */
  async lost(name: string, how: string): Promise<void> {
    if (this.#spare.includes(name) && !this.#isEnding) {
      this.#machine.complain(`${name} ${how}; the others play on without it`)
      return
    }
    this.#machine.complain(`${name} ${how}; stopping the rest`)
    await this.end(1)
  }

  /** Stops everything, once: the edge last, since the others report to it that they leave. */
  async end(code: number): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    await this.#machine.stop('edge')
    this.#machine.exit(code)
  }

  #refuse(why: string): void {
    this.#machine.complain(why)
    this.#machine.exit(1)
  }
}
