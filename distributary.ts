import process from 'node:process'
import { version } from './shared/version.ts'

/** Gets the arguments after its name, and resolves to an exit code. */
type Run = (args: readonly string[]) => Promise<number>

/** A subcommand of `distributary`. Its code is loaded when it is called, so that an edge does not load the origin. */
interface Subcommand {
  about: string
  load: () => Promise<Run>
}

/** The exit code of a server that started; it runs on. */
const server =
  (start: (args: readonly string[]) => Promise<void>): Run =>
  async (args) => {
    await start(args)
    return 0
  }

/** To add a subcommand, add a line here. Its `--help` is its own. */
const subcommands: Readonly<Record<string, Subcommand>> = {
  origin: {
    about: 'run an origin: a streaming server for sources, relays and listeners',
    load: async () => server((await import('./origin/main.ts')).runOrigin),
  },
  edge: {
    about: 'run an edge: it redirects each listener to a server',
    load: async () => server((await import('./edge/main.ts')).runEdge),
  },
  doctor: {
    about: 'say what is wrong with a server: network, passwords, limits, why it gets no listeners',
    load: async () => async (args) =>
      args[0] === 'edge'
        ? (await import('./edge/doctor/doctor.ts')).edgeDoctor(args.slice(1))
        : (await import('./origin/doctor/doctor.ts')).doctor(args[0] === 'origin' ? args.slice(1) : args),
  },
  drain: {
    about: 'give the origin on this machine no new listeners; --wait until the last one has left',
    load: async () => {
      const { drainCommand } = await import('./origin/doctor/drain.ts')
      return (args) => drainCommand('drain', args)
    },
  },
  undrain: {
    about: 'give it listeners again',
    load: async () => {
      const { drainCommand } = await import('./origin/doctor/drain.ts')
      return (args) => drainCommand('undrain', args)
    },
  },
  demo: {
    about: 'play a whole cluster on this machine, to try',
    load: async () => (await import('./test/tools/demo/start.ts')).playDemo,
  },
  version: {
    about: 'print the version',
    load: async () => server(async () => console.log(`distributary ${version}`)),
  },
}

const helpText = [
  'Usage: distributary COMMAND [flags]',
  '',
  ...Object.entries(subcommands).map(([name, { about }]) => `  ${name.padEnd(10)}${about}`),
  '',
  'distributary COMMAND --help lists the flags of a command.',
].join('\n')

/** Calls a subcommand by its name. Returns the exit code. */
async function call(name: string | undefined, args: readonly string[]): Promise<number> {
  const subcommand = Object.hasOwn(subcommands, name ?? '') ? subcommands[name ?? ''] : undefined
  if (subcommand) return (await subcommand.load())(args)
  if (name === '--version' || name === '-v') return call('version', args)
  if (name === '--help' || name === '-h' || name === 'help') {
    const [asked] = args
    if (asked !== undefined && Object.hasOwn(subcommands, asked)) return call(asked, ['--help'])
    console.log(helpText)
    return 0
  }
  const problem =
    name === undefined ? '' : `distributary: command is ${JSON.stringify(name)}, expected one of these\n\n`
  console.error(problem + helpText)
  return 2
}

const [name, ...args] = process.argv.slice(2)
process.exitCode = await call(name, args)
