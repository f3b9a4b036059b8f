import { isIPv6 } from 'node:net'
import * as v from 'valibot'
import { hlsLimits } from '../../shared/hls/limits.ts'
import { limits } from '../../shared/limits.ts'
import { IdSchema, LocationSchema, OriginSchema, UrlSchema } from '../../shared/report/report.ts'
import { hostIn, mendable } from './mend.ts'
import {
  boolean,
  burst,
  bytes,
  integer,
  integerOrUnset,
  kbps,
  mebi,
  mount,
  port,
  proxies,
  secret,
  sourceTimeoutS,
  text,
} from './values.ts'
import { readOfFile, readValue, type Warn } from './xml/block.ts'
import { level } from './xml/log-settings.ts'

/** defaults, as in Icecast: bytes that a mount keeps, and bytes that a new listener gets at once */
export const sizes = { queueBytes: 512_000, burstBytes: 65_536 } as const

/** Every setting by its own name, read from text; flags and icecast.xml share the bounds. */
const settingSchemas = {
  port,
  bind: text,
  tlsPort: port,
  tlsCert: text,
  tlsKey: text,
  hostname: mendable(
    v.pipe(
      v.string(),
      v.regex(/^[A-Za-z0-9._-]{1,253}$|^\[[0-9a-fA-F:.]{2,45}\]$/, 'expected a host name or address'),
    ),
    (word) => (isIPv6(word) ? `[${word}]` : hostIn(word)),
  ),
  publicUrl: UrlSchema,
  sourcePassword: secret,
  relayUser: text,
  relayPassword: secret,
  adminUser: text,
  adminPassword: secret,
  maxListeners: integerOrUnset(1_000_000),
  /** connections of all kinds in Icecast; here listeners, unless `maxListeners` is set */
  clients: integer(0, 1_000_000),
  /** 0: no source may connect; AzuraCast writes it for a station without mounts */
  sources: integer(0, 16_384),
  // must hold a chunk of the largest frame, and some seconds of the stream
  queueBytes: bytes(16_384, 16 * mebi),
  burst,
  burstOnConnect: boolean,
  headerTimeoutS: integer(1, 600),
  sourceTimeoutS,
  maxBandwidthKbps: kbps,
  master: OriginSchema,
  masterUser: text,
  masterPassword: secret,
  updateIntervalS: integer(limits.intervalSecondsMin, limits.intervalSecondsMax),
  onDemand: boolean,
  relayInside: boolean,
  publicSlave: boolean,
  edge: OriginSchema,
  edgePassword: secret,
  id: IdSchema,
  location: LocationSchema,
  trustedProxies: proxies,
  dataDir: text,
  logLevel: level,
  graceS: integer(0, 3600),
  serverAdmin: text,
  serverLocation: text,
  serverId: mendable(
    v.pipe(v.string(), v.regex(/^[\x20-\x7e]{1,128}$/, 'expected at most 128 characters of ASCII')),
    (word) => word.replace(/[^\x20-\x7e]/gu, '?').slice(0, 128),
  ),
  fileserve: boolean,
  shoutcastMount: mount,
  hlsSegmentS: integer(hlsLimits.segmentSecondsMin, hlsLimits.segmentSecondsMax),
  hlsWindowS: integer(hlsLimits.windowSecondsMin, hlsLimits.windowSecondsMax),
} as const

export type SettingName = keyof typeof settingSchemas

/** Settings that may be given more than once; each new value is added. */
const lists = ['publicUrl', 'master', 'edge', 'trustedProxies'] as const satisfies readonly SettingName[]
type ListName = (typeof lists)[number]
const isList = (name: SettingName): name is ListName => lists.some((list) => list === name)

type Value<K extends SettingName> = v.InferOutput<(typeof settingSchemas)[K]>
/** The settings of one source (flags, environment or file): only those that it sets. */
export type Settings = {
  [K in SettingName]?: K extends ListName ? Value<K>[] : Value<K>
}

/**
 * Reads one setting and adds it to `settings`; `said` is its name in messages.
 * @param warn for a file, whose invalid texts are mended; undefined: an invalid text throws
 * @throws ConfigError
 */
export function readSetting(
  settings: Settings,
  name: SettingName,
  said: string,
  value: string,
  warn?: Warn,
): void {
  const schema = settingSchemas[name]
  const text = name.endsWith('Password') ? value : value.trim()
  const output = warn ? readOfFile(schema, said, text, warn) : readValue(schema, said, text)
  if (output === undefined) return
  const before = settings[name]
  const more = Array.isArray(before) ? before : []
  Object.assign(settings, { [name]: isList(name) ? [...new Set([...more, output])] : output })
}
