import { parseArgs } from 'node:util'
import { version } from '../../shared/version.ts'
import { ConfigError } from './error.ts'
import { readSetting, type SettingName, type Settings } from './settings.ts'

interface Flag {
  name: string
  /** undefined: it says what to do, not what to be */
  setting: SettingName | undefined
  /** what stands for its value in the help; empty: a switch */
  value: string
  help: string
}

const flag = (name: string, setting: SettingName | undefined, value: string, help: string): Flag => ({
  name,
  setting,
  value,
  help,
})

const flags: readonly Flag[] = [
  flag('port', 'port', 'N', 'listen here; 0 takes a free port (8000)'),
  flag('bind', 'bind', 'ADDR', 'listen on this address (::, both stacks)'),
  flag('tls-port', 'tlsPort', 'N', 'listen for https as well'),
  flag('tls-cert', 'tlsCert', 'FILE', 'its certificates, PEM'),
  flag('tls-key', 'tlsKey', 'FILE', 'its key, PEM'),
  flag('hostname', 'hostname', 'NAME', 'how others call this machine (localhost)'),
  flag('public-url', 'publicUrl', 'URL', 'where listeners reach it; repeatable (http://hostname:port)'),
  flag('source-password', 'sourcePassword', 'SECRET', 'lets sources in (off)'),
  flag('relay-password', 'relayPassword', 'SECRET', 'lets relays in (off)'),
  flag('admin-password', 'adminPassword', 'SECRET', 'lets the admin in (off)'),
  flag('max-listeners', 'maxListeners', 'N', 'of all mounts together; 0 takes none (256)'),
  flag('max-bandwidth', 'maxBandwidthKbps', 'KBITS', 'what its line carries, kbit/s (unknown)'),
  flag('master', 'master', 'URL', 'be a slave of this master or edge; repeatable, in order'),
  flag('master-user', 'masterUser', 'NAME', '(relay)'),
  flag('master-password', 'masterPassword', 'SECRET', "the master's relay password"),
  flag('update-interval', 'updateIntervalS', 'S', 'seconds between two looks at the stream list (10)'),
  flag(
    'public-slave',
    'publicSlave',
    '',
    'a slave: report (on with --master, off in a file that does not say); a master: redirect its own listeners (off)',
  ),
  flag('edge', 'edge', 'URL', 'report to this edge too; repeatable'),
  flag('edge-password', 'edgePassword', 'SECRET', "the edge's relay or master password"),
  flag('id', 'id', 'NAME', 'how reports name this server (host:port)'),
  flag('location', 'location', 'LAT,LON', 'where it stands, in degrees'),
  flag('on-demand', 'onDemand', '', 'relay a mount only while somebody listens'),
  flag('relay-inside', 'relayInside', '', 'lists and redirects may lead relays to private addresses (off)'),
  flag('data-dir', 'dataDir', 'DIR', 'keep reports and drains here (memory)'),
  flag('log-level', 'logLevel', 'LEVEL', 'error, warning, info or debug (info)'),
  flag('grace', 'graceS', 'S', 'seconds that listeners have after SIGTERM (5)'),
]

const switches: readonly Flag[] = [
  flag('no-public-slave', undefined, '', 'a slave: do not report'),
  flag('check', undefined, '', 'read the configuration, say what is wrong with it, and end'),
  flag('help', undefined, '', 'print this'),
  flag('version', undefined, '', 'print the version'),
]
const configFlag = flag('config', undefined, 'FILE', 'an icecast.xml; flags win over it')

/** What the command line asks for. */
export interface CommandLine {
  action: 'run' | 'check' | 'help' | 'version'
  configFile: string | undefined
  settings: Settings
}

const known = [configFlag, ...flags, ...switches]
const options = Object.fromEntries(
  known.map(({ name, value }) => [
    name,
    { type: value === '' ? ('boolean' as const) : ('string' as const), multiple: true },
  ]),
)
const withValue = new Set(known.filter(({ value }) => value !== '').map(({ name }) => `--${name}`))

/** Reads the arguments behind the program's name. Throws {@link ConfigError} with the flag, its value and what is allowed. */
export function parseFlags(args: readonly string[]): CommandLine {
  const values = parse(args)
  const configFile = values.config?.at(-1)
  return {
    action: values.help ? 'help' : values.version ? 'version' : values.check ? 'check' : 'run',
    configFile: configFile === undefined ? undefined : String(configFile),
    settings: readFlags(values),
  }
}

type Values = Record<string, (string | boolean)[] | undefined>

function readFlags(values: Values): Settings {
  const settings: Settings = {}
  for (const { name, setting, value } of flags)
    for (const given of values[name] ?? [])
      if (setting) readSetting(settings, setting, `--${name}`, value === '' ? '1' : String(given))
  if (!values['no-public-slave']) return settings
  if (settings.publicSlave) throw new ConfigError('--public-slave and --no-public-slave exclude each other')
  return { ...settings, publicSlave: false }
}

function parse(args: readonly string[]): Values {
  try {
    const { values } = parseArgs({ args: joined(args), options, allowPositionals: false })
    return values as Values
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : error}; --help lists the flags`)
  }
}

/** `--location -33.9,151.2` as `--location=-33.9,151.2`: parseArgs takes a value that begins with `-` for a flag. */
function joined(args: readonly string[]): string[] {
  const out: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    const next = args[i + 1]
    if (withValue.has(arg) && next !== undefined) {
      out.push(`${arg}=${next}`)
      i++
    } else out.push(arg)
  }
  return out
}

/** The secrets that the environment may hold; a flag wins, they win over the file. */
const secrets = {
  ORIGIN_SOURCE_PASSWORD: 'sourcePassword',
  ORIGIN_RELAY_PASSWORD: 'relayPassword',
  ORIGIN_ADMIN_PASSWORD: 'adminPassword',
  ORIGIN_MASTER_PASSWORD: 'masterPassword',
  ORIGIN_EDGE_PASSWORD: 'edgePassword',
} as const satisfies Record<string, SettingName>

/** Reads the environment; an empty variable says nothing. */
export function parseEnvironment(env: Readonly<Record<string, string | undefined>>): Settings {
  const settings: Settings = {}
  for (const [name, setting] of Object.entries(secrets)) {
    const value = env[name]
    if (value) readSetting(settings, setting, name, value)
  }
  return settings
}

export const secretNames: readonly string[] = Object.keys(secrets)

export const versionText = `distributary origin ${version}`

export function helpText(): string {
  const lines = known.map(({ name, value, help }) => `  ${`--${name} ${value}`.padEnd(28)}${help}`)
  return [
    'Usage: origin/main.ts [flags]      run by Node 22.18 or newer, or by Bun',
    '',
    'An Icecast-compatible streaming server: a master takes sources, a slave relays a master and reports.',
    '',
    ...lines,
    '',
    `Secrets may come from the environment: ${secretNames.join(', ')}.`,
  ].join('\n')
}
