import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { messageOf } from '../../shared/message-of.ts'
import { withSecretFiles } from '../../shared/secret-files.ts'
import { version } from '../../shared/version.ts'
import { ConfigError } from './error.ts'
import { readSetting, type SettingName, type Settings } from './settings.ts'

interface Flag {
  name: string
  /** undefined: the flag chooses an action and sets nothing */
  setting: SettingName | undefined
  /** placeholder of its value in the help; empty: a switch */
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
  flag('port', 'port', 'N', 'port to listen on; 0: any free port (default: 8000)'),
  flag('bind', 'bind', 'ADDR', 'address to listen on (default: ::, which is IPv6 and IPv4)'),
  flag('tls-port', 'tlsPort', 'N', 'port to listen on for https too'),
  flag('tls-cert', 'tlsCert', 'FILE', 'certificate chain for --tls-port, PEM'),
  flag('tls-key', 'tlsKey', 'FILE', 'private key for --tls-port, PEM'),
  flag('hostname', 'hostname', 'NAME', 'public name of this machine (default: localhost)'),
  flag(
    'public-url',
    'publicUrl',
    'URL',
    'URL under which listeners reach this server; repeatable (default: http://hostname:port)',
  ),
  flag('source-password', 'sourcePassword', 'SECRET', 'password for sources (default: disabled)'),
  flag('relay-password', 'relayPassword', 'SECRET', 'password for relays (default: disabled)'),
  flag('admin-password', 'adminPassword', 'SECRET', 'password for the admin (default: disabled)'),
  flag('max-listeners', 'maxListeners', 'N', 'limit of all mounts together; 0: no listeners (default: 256)'),
  flag('max-bandwidth', 'maxBandwidthKbps', 'KBITS', 'bandwidth of the uplink, kbit/s (default: unknown)'),
  flag('master', 'master', 'URL', 'be a slave of this master or edge; repeatable, in order of preference'),
  flag('master-user', 'masterUser', 'NAME', 'user name at the master (default: relay)'),
  flag('master-password', 'masterPassword', 'SECRET', 'relay password of the master'),
  flag(
    'update-interval',
    'updateIntervalS',
    'S',
    'seconds between requests for the stream list (default: 10)',
  ),
  flag(
    'public-slave',
    'publicSlave',
    '',
    'slave: report to the master (default with --master); master: redirect its own listeners (default: off)',
  ),
  flag('edge', 'edge', 'URL', 'report to this edge too; repeatable'),
  flag('edge-password', 'edgePassword', 'SECRET', 'relay or master password of the edge'),
  flag('id', 'id', 'NAME', 'name of this server in reports (default: host:port)'),
  flag('location', 'location', 'LAT,LON', 'location of this server, in degrees'),
  flag(
    'trusted-proxies',
    'trustedProxies',
    'LIST',
    'addresses or CIDR blocks of proxies that tell the client; repeatable (default: none)',
  ),
  flag('on-demand', 'onDemand', '', 'relay a mount only while it has a listener'),
  flag(
    'relay-inside',
    'relayInside',
    '',
    'stream lists and redirects may lead relays to private addresses (default: off)',
  ),
  flag('data-dir', 'dataDir', 'DIR', 'folder for reports and drains (default: memory only)'),
  flag('log-level', 'logLevel', 'LEVEL', 'error, warning, info or debug (default: info)'),
  flag('grace', 'graceS', 'S', 'seconds after SIGTERM until listeners are disconnected (default: 5)'),
]

const switches: readonly Flag[] = [
  flag('no-public-slave', undefined, '', 'slave: do not report'),
  flag('check', undefined, '', 'validate the configuration and exit'),
  flag('help', undefined, '', 'print this help and exit'),
  flag('version', undefined, '', 'print the version and exit'),
]
const configFlag = flag('config', undefined, 'FILE', 'icecast.xml to read; flags override it')

/** A parsed command line. */
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

/** Reads the arguments after the program's name. Throws {@link ConfigError} with the flag, its value and what is allowed. */
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
    throw new ConfigError(`${messageOf(error)}; distributary origin --help lists the flags`)
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

/** The secrets that the environment may hold; flags override them, and they override the file. */
const secrets = {
  ORIGIN_SOURCE_PASSWORD: 'sourcePassword',
  ORIGIN_RELAY_PASSWORD: 'relayPassword',
  ORIGIN_ADMIN_PASSWORD: 'adminPassword',
  ORIGIN_MASTER_PASSWORD: 'masterPassword',
  ORIGIN_EDGE_PASSWORD: 'edgePassword',
} as const satisfies Record<string, SettingName>

/**
 * Reads the environment, and the files that hold its secrets; an empty variable counts as unset.
 * Throws {@link ConfigError} with each name, its value and what is allowed.
 */
export function parseEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  read: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): Settings {
  const { environment, problems } = withSecretFiles(env, secretNames, read)
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  const settings: Settings = {}
  for (const [name, setting] of Object.entries(secrets)) {
    const value = environment[name]
    if (value) readSetting(settings, setting, name, value)
  }
  return settings
}

export const secretNames: readonly string[] = Object.keys(secrets)

export const versionText = `distributary origin ${version}`

export function helpText(): string {
  const lines = known.map(({ name, value, help }) => `  ${`--${name} ${value}`.padEnd(28)}${help}`)
  return [
    'Usage: distributary origin [flags]',
    '',
    'An Icecast-compatible streaming server. A master accepts sources; a slave relays a master and reports to it.',
    '',
    ...lines,
    '',
    `Secrets can also be set in the environment: ${secretNames.join(', ')};`,
    'or in files that it names: ORIGIN_SOURCE_PASSWORD_FILE=/run/secrets/source, …',
  ].join('\n')
}
