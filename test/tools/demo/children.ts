import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** ms that a child has from SIGTERM until it is killed: the grace of an origin, and some */
const stopMs = 5000

const lifeline = import.meta.resolve('./lifeline.ts')

/** The programs of a demo: each in a process group of its own, so that a Ctrl-C reaches us alone and we end them in order. */
export class Children {
  readonly #running = new Map<string, ChildProcess>()
  readonly #onDeath: (name: string, how: string) => void
  #stopping = false

  /** `onDeath` is told of a child that ends unasked. */
  constructor(onDeath: (name: string, how: string) => void) {
    this.#onDeath = onDeath
    process.on('exit', () => this.#signal('SIGKILL'))
  }

  /** Runs a script by this same Node; each line that it prints comes out under its name. Returns its pid. */
  start(name: string, script: string, flags: readonly string[], env: Record<string, string>): number {
    const child = spawn(process.execPath, ['--import', lifeline, script, ...flags], {
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

  /** Asks all to end, `last` when the others have, and kills what has not ended after a while. */
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

/** A line of a log in JSON as a person reads it: the message, then what it is about. */
function readable(line: string): string {
  if (!line.startsWith('{"@timestamp"')) return line
  const { '@timestamp': _time, level: _level, logger: _logger, message, ...about } = JSON.parse(line)
  const details = Object.entries(about).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return [message, ...details].join(' ')
}
