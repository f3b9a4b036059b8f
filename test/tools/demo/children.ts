import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { DemoProgram } from './plan.ts'

/** ms from SIGTERM until a child is killed: the grace of an origin, and some more */
const stopMs = 5000

/** The script that runs this process; none where Bun has compiled it into one file with itself. */
function ownScript(): string[] {
  const script = process.argv[1] ?? ''
  return script === '' || script.startsWith('/$bunfs/') ? [] : [script]
}

/** The programs of a demo, each in its own process group, so that Ctrl-C reaches only this program and it stops them in order. */
export class Children {
  readonly #running = new Map<string, ChildProcess>()
  readonly #onDeath: (name: string, how: string) => void
  #stopping = false

  /** `onDeath` is called when a child exits unexpectedly. */
  constructor(onDeath: (name: string, how: string) => void) {
    this.#onDeath = onDeath
    process.on('exit', () => this.#signal('SIGKILL'))
  }

  /** Runs a program of the demo; each line that it prints is prefixed with its name. Returns its pid. */
  start({ name, program, flags, env }: DemoProgram): number {
    const child = spawn(process.execPath, [...ownScript(), 'demo', 'child', program, ...flags], {
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#running.set(name, child)
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', (line) => console.log(`${name.padEnd(7)}| ${readable(line)}`))
    const ended = (how: string) => {
      this.#running.delete(name)
      if (!this.#stopping) this.#onDeath(name, how)
    }
    child.on('error', (error) => ended(error.message))
    child.on('exit', (code, signal) => ended(signal ? `killed by ${signal}` : `exited with ${code}`))
    return child.pid ?? 0
  }

  /** Sends SIGTERM to all, to `last` when the others have exited, and kills those that take too long. */
  async stop(last: string): Promise<void> {
    this.#stopping = true
    const killing = setTimeout(() => this.#signal('SIGKILL'), stopMs)
    await this.#end((name) => name !== last)
    await this.#end(() => true)
    clearTimeout(killing)
  }

  async #end(which: (name: string) => boolean): Promise<void> {
    const ending = [...this.#running].filter(([name]) => which(name))
    await Promise.all(
      ending.map(([, child]) => {
        child.kill('SIGTERM')
        return new Promise((resolve) => child.once('exit', resolve))
      }),
    )
  }

  #signal(signal: NodeJS.Signals): void {
    for (const child of this.#running.values()) child.kill(signal)
  }
}

/** A line of a JSON log in readable form: the message, then its fields. */
function readable(line: string): string {
  if (!line.startsWith('{"@timestamp"')) return line
  const { '@timestamp': _time, level: _level, logger: _logger, message, ...about } = JSON.parse(line)
  const details = Object.entries(about).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return [message, ...details].join(' ')
}
