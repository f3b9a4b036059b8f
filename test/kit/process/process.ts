import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { eventually, patienceMs } from '../base/eventually.ts'
import { hasExited, signalGroup, signalQuietly } from './process-group.ts'
import { comesSoon } from './sessions.ts'

export const repo = join(import.meta.dirname, '../../..')

/** The environment of a child: `.bin` first, so that `node` is ours, not the machine's. */
const environment = (extra: Record<string, string>): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: [join(repo, 'node_modules/.bin'), process.env.PATH].join(delimiter),
  ...extra,
})

export interface Program {
  readonly pid: number
  /** everything it has printed, stdout and stderr as they came */
  readonly output: () => string
  /** Waits for a line that matches, printed before or after the call; throws with all output where it does not come. */
  line(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray>
  /** Signals it and all that it started; nothing where all have exited. */
  kill(signal: NodeJS.Signals): void
  /** Signals it alone, as a supervisor would. */
  signal(signal: NodeJS.Signals): void
  /** whether it has exited: it has been told by then, and its output is whole */
  readonly isGone: boolean
  /** Its exit code and signal, once it has exited. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Kills it and waits until it is gone. */
  stop(): Promise<void>
}

/** by their command lines */
const running = new Map<Program, string>()
/** how those ended that exited last */
const gone: string[] = []
const goneMax = 5
/** characters of its output that {@link lastWords} shows of each program */
const toldMax = 2000

/** Kills all programs that still run. */
export function stopAll(): void {
  for (const program of running.keys()) program.kill('SIGKILL')
}

/** What the programs that run have printed last, and those that exited last: why a test failed is seldom in its own error. */
export const lastWords = () => [
  ...gone,
  ...[...running].map(([program, line]) => tell(program, line, 'runs')),
]

const tell = ({ pid, output }: Program, line: string, state: string) =>
  `${pid} ${line.slice(0, 500)}: ${state}\n${output().slice(-toldMax)}`

process.on('exit', stopAll)

export interface StartOptions {
  env?: Record<string, string>
  cwd?: string
  /** as nobody, where this process is root: some programs refuse to be that */
  unprivileged?: boolean
}

/** nobody and nogroup, as Debian numbers them */
const nobody = { uid: 65_534, gid: 65_534 } as const

/** Starts a program in a process group of its own, so that killing it takes its children along. */
export function start(command: string, args: readonly string[], options: StartOptions = {}): Program {
  const child = spawn(command, args, {
    cwd: options.cwd ?? repo,
    env: environment(options.env ?? {}),
    detached: true,
    ...(options.unprivileged && process.getuid?.() === 0 && nobody),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.pid !== undefined) comesSoon(child.pid)
  const line = [command, ...args].join(' ')
  let output = ''
  let failed: Error | undefined
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const exited: Program['exited'] = new Promise((resolve) => {
    child.on('close', (code, signal) => {
      running.delete(program)
      gone.push(tell(program, line, `exited, ${signal ?? code}`))
      gone.splice(0, gone.length - goneMax)
      resolve({ code, signal })
    })
    child.on('error', (error) => {
      failed = error
      running.delete(program)
      resolve({ code: null, signal: null })
    })
  })
  const program: Program = {
    pid: child.pid ?? 0,
    output: () => output,
    exited,
    get isGone() {
      return !running.has(program)
    },
    async line(pattern, withinMs = patienceMs) {
      const seen = () => {
        for (const line of output.split('\n')) {
          const match = pattern.exec(line)
          if (match) return match
        }
        return undefined
      }
      const found = await eventually(() => seen() ?? (failed || hasExited(child) ? 'gone' : undefined), {
        withinMs,
      }).catch(() => 'late' as const)
      const match = typeof found === 'string' ? seen() : found
      if (match) return match
      throw new Error(
        `${command} ${args.join(' ')} never printed ${pattern} (${found}): ${failed?.message ?? ''}\n${output}`,
      )
    },
    kill(signal) {
      signalGroup(child, signal)
    },
    signal(signal) {
      if (child.pid !== undefined && !hasExited(child)) signalQuietly(child.pid, signal)
    },
    async stop() {
      program.kill('SIGKILL')
      await exited
    },
  }
  running.set(program, line)
  return program
}

/**
 * Waits until a program is ready, by what `isReady` sees. Where it exits before, or never is, it is stopped.
 * @throws with what it was to do, and all that it printed
 */
export async function whenReady(
  program: Program,
  isReady: () => Promise<boolean>,
  what: string,
): Promise<void> {
  try {
    await eventually(async () => program.isGone || (await isReady()))
    if (program.isGone) throw new Error('it exited')
  } catch (problem) {
    await program.stop()
    throw new Error(`${what}:\n${program.output()}`, { cause: problem })
  }
}
