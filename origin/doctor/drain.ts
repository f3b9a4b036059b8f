import process from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { ask } from '../../shared/doctor/ask.ts'
import type { Asked } from '../../shared/doctor/network.ts'
import { adviceOnAnswer, withAdvice } from '../../shared/http/advice.ts'
import { printBasic } from '../../shared/http/credentials.ts'
import { ConfigError } from '../config/error.ts'
import { parseFlags } from '../config/flags.ts'
import { localUrlOf } from '../config/local-url.ts'
import { readConfig } from '../config/read.ts'

/** ms between two looks at the number of listeners: a server that is empty a second longer harms nobody */
const lookMs = 1000
/** seconds after which waiting ends: the listeners that are left then are those who leave a radio on */
const deadlineSeconds = 3600
/** ms between two lines that say how many listeners are left */
const tellMs = 10_000

/** The server to drain, and how. */
export interface DrainCall {
  command: 'drain' | 'undrain'
  url: string
  user: string
  password: string
  /** wait until the last listener has left */
  waits: boolean
  deadlineMs: number
}

/** The outside world of the command; tests pass their own. */
export interface DrainRim {
  fetch: typeof fetch
  nowMs: () => number
  wait: (ms: number) => Promise<unknown>
  say: (line: string) => void
}

const helpFor = (command: DrainCall['command']) =>
  [
    `Usage: distributary ${command} [flags of distributary origin]${command === 'drain' ? ' [--wait] [--deadline S]' : ''} [--url URL]`,
    '',
    command === 'drain'
      ? 'Drains the origin on this machine: it gets no new listeners, and keeps those that it has. undrain ends it.'
      : 'Ends the drain of the origin on this machine: it gets listeners again.',
    'Give it --config or the --port and --admin-password of the origin, or ORIGIN_ADMIN_PASSWORD.',
    '',
    ...(command === 'drain'
      ? [
          '  --wait         wait until the last listener has left',
          `  --deadline S   seconds to wait at most (default: ${deadlineSeconds})`,
        ]
      : []),
    '  --url URL      where the origin is reached (default: its own port on this machine)',
    '',
    'The exit code is 0 if that is done, 1 if listeners are left at the deadline, 2 if the origin could not be asked.',
  ].join('\n')

/** `distributary drain` and `undrain`. Returns the exit code. */
export async function drainCommand(command: DrainCall['command'], args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(helpFor(command))
    return 0
  }
  try {
    const call = parseDrainCall(command, args, process.env)
    return await runDrain(call, { fetch, nowMs: Date.now, wait, say: console.log })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    console.error(error.message)
    return 2
  }
}

/** Reads the flags: its own, and those of the origin. @throws ConfigError */
export function parseDrainCall(
  command: DrainCall['command'],
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DrainCall {
  const rest: string[] = []
  let waits = false
  let url: string | undefined
  let seconds = deadlineSeconds
  for (let i = 0; i < args.length; i++) {
    const [name = '', inline] = splitFlag(args[i] ?? '')
    if (name === '--wait' && command === 'drain') waits = true
    else if (name === '--url') url = originOf(inline ?? args[++i] ?? '')
    else if (name === '--deadline' && command === 'drain') seconds = secondsIn(inline ?? args[++i] ?? '')
    else rest.push(args[i] ?? '')
  }
  const { config } = readConfig(parseFlags(rest), env)
  const at = url ?? localUrlOf(config)
  if (at === undefined)
    throw new ConfigError(
      'all sockets of this origin have TLS: set --url to the https URL that its certificate is for',
    )
  if (config.adminPassword === undefined)
    throw new ConfigError(
      'no admin password is set: set --config, --admin-password or ORIGIN_ADMIN_PASSWORD as for the origin',
    )
  return {
    command,
    url: at,
    user: config.adminUser,
    password: config.adminPassword,
    waits,
    deadlineMs: seconds * 1000,
  }
}

const splitFlag = (arg: string): [name: string, value: string | undefined] => {
  const equals = arg.indexOf('=')
  return equals < 0 ? [arg, undefined] : [arg.slice(0, equals), arg.slice(equals + 1)]
}

function originOf(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw new ConfigError(`--url is ${JSON.stringify(text)}, expected http://host:port or https://host:port`)
  return new URL(text).origin
}

function secondsIn(text: string): number {
  if (!/^\d{1,6}$/.test(text))
    throw new ConfigError(`--deadline is ${JSON.stringify(text)}, expected seconds from 0 to 999999`)
  return Number(text)
}

/** Drains or undrains a server, and waits for its listeners to leave. Returns the exit code. */
export async function runDrain(call: DrainCall, rim: DrainRim): Promise<number> {
  const { command, url, user, password, waits, deadlineMs } = call
  const authorization = printBasic({ user, password })
  const asked = await ask(rim.fetch, `${url}/admin/${command}`, { method: 'POST', authorization })
  const trouble = troubleOf(asked, call)
  if (trouble !== undefined) {
    rim.say(`could not ${command} ${url}: ${trouble}`)
    return 2
  }
  rim.say(command === 'drain' ? `${url} is draining: no new listeners` : `${url} gets listeners again`)
  if (!waits) return 0
  const untilMs = rim.nowMs() + deadlineMs
  let toldMs = Number.NEGATIVE_INFINITY
  for (;;) {
    const stats = await ask(rim.fetch, `${url}/admin/stats`, { authorization })
    const listeners = listenersIn(stats)
    if (typeof listeners === 'string') {
      rim.say(`could not ask ${url} for its listeners: ${listeners}`)
      return 2
    }
    if (listeners === 0) {
      rim.say('no listener is left')
      return 0
    }
    const isLate = rim.nowMs() >= untilMs
    if (isLate || rim.nowMs() - toldMs >= tellMs) {
      toldMs = rim.nowMs()
      rim.say(`${listeners} listener${listeners === 1 ? '' : 's'} left`)
    }
    if (isLate) return 1
    await rim.wait(Math.min(lookMs, untilMs - rim.nowMs()))
  }
}

function troubleOf(asked: Asked, { url, password }: DrainCall): string | undefined {
  if ('problem' in asked) return asked.problem
  const { status, location } = asked
  if (status === 200) return undefined
  return withAdvice(`answered ${status}`, adviceOnAnswer({ url, status, location, password }))
}

/** The listeners in a server's stats; or why they are not known. */
function listenersIn(asked: Asked): number | string {
  if ('problem' in asked) return asked.problem
  const listeners = /<icestats>.*?<listeners>(\d+)<\/listeners>/s.exec(asked.text)?.[1]
  if (asked.status !== 200) return `answered ${asked.status}`
  return listeners === undefined ? 'its stats have no number of listeners' : Number(listeners)
}
