import { parseArgs } from 'node:util'
import { messageOf } from '../../shared/message-of.ts'
import { fileNameOf, withSecretFiles } from '../../shared/secret-files.ts'
import { version } from '../../shared/version.ts'
import { EdgeConfigError, edgeSecretNames } from '../config.ts'
import { idleLines, parseEnvFile } from './env-file.ts'
import { settingHelp } from './help.ts'
import { readSettingsFile } from './read-settings-file.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A parsed command line. */
export interface EdgeCommandLine {
  action: 'run' | 'check' | 'help' | 'version'
  /** the process's variables, over those of env files, with the secrets of their files */
  environment: Environment
  /** what is probably a mistake in the env files */
  doubts: readonly string[]
}

const options = {
  'env-file': { type: 'string', multiple: true },
  check: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const

/**
 * Reads the arguments after the program's name, and the files that they and the environment name.
 * @throws {@link EdgeConfigError} with the flag or name, its value and what is allowed
 */
export function readCommandLine(
  args: readonly string[],
  environment: Environment,
  read: (path: string) => string = readSettingsFile,
): EdgeCommandLine {
  const values = parse(args)
  const action = values.help ? 'help' : values.version ? 'version' : values.check ? 'check' : 'run'
  if (action === 'help' || action === 'version') return { action, environment, doubts: [] }
  const files = (values['env-file'] ?? []).map((path) => readEnvFile(path, read))
  const given = Object.assign(
    {},
    ...files.map((file) => file.values),
    withoutEmpty(environment),
  ) as Environment
  const { environment: complete, problems } = withSecretFiles(given, edgeSecretNames, read)
  if (problems.length > 0) throw new EdgeConfigError(problems.join('\n'))
  return { action, environment: complete, doubts: files.flatMap((file) => file.doubts) }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values
  } catch (error) {
    throw new EdgeConfigError(`${messageOf(error)}; distributary edge --help lists the flags`)
  }
}

const names = new Set([...Object.keys(settingHelp), ...edgeSecretNames.map(fileNameOf)])

interface EnvFile {
  values: Record<string, string>
  doubts: string[]
}

function readEnvFile(path: string, read: (path: string) => string): EnvFile {
  try {
    const text = read(path)
    return { values: parseEnvFile(text), doubts: idleLines(text, names).map((doubt) => `${path}: ${doubt}`) }
  } catch (error) {
    throw new EdgeConfigError(`cannot read --env-file ${JSON.stringify(path)}: ${messageOf(error)}`)
  }
}

/** An empty variable counts as not set, so that it does not hide the file's. */
const withoutEmpty = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))

export const edgeVersion = `distributary edge ${version}`

export function edgeHelp(): string {
  const row = (name: string, help: string) => `  ${name.padEnd(24)}${help}`
  return [
    'Usage: distributary edge [flags]',
    '',
    'Redirects each listener of a stream to one of the servers that report to it.',
    '',
    row(
      '--env-file FILE',
      'file with settings, a line NAME=value each; the environment overrides it; repeatable',
    ),
    row('--check', 'validate the settings and exit'),
    row('--help', 'print this help and exit'),
    row('--version', 'print the version and exit'),
    '',
    'Settings, from the environment or the file:',
    '',
    ...Object.entries(settingHelp).map(([name, help]) => row(name, help)),
    '',
    `A secret can also be in a file of its own: ${edgeSecretNames.map((name) => `${name}_FILE`).join(', ')}.`,
  ].join('\n')
}
