import * as v from 'valibot'
import { limits } from '../../shared/limits.ts'
import { IdSchema, LocationSchema, UrlSchema } from '../../shared/report.ts'
import { readValue } from './block.ts'
import { boolean, burst, bytes, integer, kbps, mebi, mount, port, text } from './values.ts'

/** Every setting by its own name, read from text; flags and icecast.xml share the bounds. */
const settingSchemas = {
  port,
  bind: text,
  tlsPort: port,
  tlsCert: text,
  tlsKey: text,
  hostname: v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9._-]{1,253}$|^\[[0-9a-fA-F:.]{2,45}\]$/, 'expected a host name or address'),
  ),
  publicUrl: UrlSchema,
  sourcePassword: text,
  relayUser: text,
  relayPassword: text,
  adminUser: text,
  adminPassword: text,
  maxListeners: integer(0, 1_000_000),
  /** connections of all kinds in Icecast; here listeners, where `maxListeners` is not set */
  clients: integer(1, 1_000_000),
  sources: integer(1, 16_384),
  // a chunk of the widest frame must fit, and some seconds of it
  queueBytes: bytes(16_384, 16 * mebi),
  burst,
  burstOnConnect: boolean,
  headerTimeoutS: integer(1, 600),
  sourceTimeoutS: integer(1, 600),
  maxBandwidthKbps: kbps,
  master: UrlSchema,
  masterUser: text,
  masterPassword: text,
  updateIntervalS: integer(limits.intervalSecondsMin, limits.intervalSecondsMax),
  onDemand: boolean,
  publicSlave: boolean,
  edge: UrlSchema,
  edgePassword: text,
  id: IdSchema,
  location: LocationSchema,
  dataDir: text,
  graceS: integer(0, 3600),
  serverAdmin: text,
  serverLocation: text,
  serverId: v.pipe(v.string(), v.regex(/^[\x20-\x7e]{1,128}$/, 'expected at most 128 characters of ASCII')),
  fileserve: boolean,
  shoutcastMount: mount,
} as const

export type SettingName = keyof typeof settingSchemas

/** What may be given more than once; each time adds one, unless it is there. */
const lists = ['publicUrl', 'master', 'edge'] as const satisfies readonly SettingName[]
type ListName = (typeof lists)[number]
const isList = (name: SettingName): name is ListName => lists.some((list) => list === name)

type Value<K extends SettingName> = v.InferOutput<(typeof settingSchemas)[K]>
/** What one place says: only the settings that stand there. */
export type Settings = {
  [K in SettingName]?: K extends ListName ? Value<K>[] : Value<K>
}

/**
 * Reads one setting and puts it with the others; `said` is how it is called where it stands.
 * Throws {@link ConfigError}.
 */
export function readSetting(settings: Settings, name: SettingName, said: string, value: string): void {
  const output = readValue(settingSchemas[name], said, name.endsWith('Password') ? value : value.trim())
  const before = settings[name]
  const more = Array.isArray(before) ? before : []
  Object.assign(settings, { [name]: isList(name) ? [...new Set([...more, output])] : output })
}
