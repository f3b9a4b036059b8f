import * as v from 'valibot'
import { limits } from '../../shared/limits.ts'
import { IdSchema, LocationSchema, UrlSchema } from '../../shared/report.ts'

/** Why the program does not start: what was set, to what, and what is allowed. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

const integer = (min: number, max: number) => {
  const expected = `expected an integer from ${min} to ${max}`
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,12}$/, expected),
    v.transform(Number),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  )
}
const text = v.pipe(v.string(), v.minLength(1, 'expected some text'))
const boolean = v.pipe(
  v.string(),
  v.regex(/^(0|1|no|yes|false|true)$/i, 'expected 0 or 1'),
  v.transform((word) => /^(1|yes|true)$/i.test(word)),
)
const port = integer(0, 65_535)

/** kbit/s; `k` and `m` as icecast-kh has them, thousands and millions of bit/s. */
const kbps = v.pipe(
  v.string(),
  v.regex(/^\d{1,9}[km]?$/i, 'expected kbit/s as an integer up to 999999999, or with k or m behind it'),
  v.transform((word) => Number.parseInt(word, 10) * (/m$/i.test(word) ? 1000 : 1)),
)

const mebi = 1_048_576

/** Every setting by its own name, read from text; flags and icecast.xml share the bounds. */
export const settingSchemas = {
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
  queueBytes: integer(16_384, 16 * mebi),
  burstBytes: integer(0, 16 * mebi),
  burstOnConnect: boolean,
  headerTimeoutS: integer(1, 600),
  sourceTimeoutS: integer(1, 600),
  maxBandwidthKbps: kbps,
  /** a whole address, as the flag has it */
  master: UrlSchema,
  /** host, port and TLS apart, as icecast.xml has them */
  masterServer: text,
  masterPort: integer(1, 65_535),
  masterTls: boolean,
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

/** Reads one setting and puts it with the others; `said` is how it is called where it stands. Throws {@link ConfigError}. */
export function readSetting(settings: Settings, name: SettingName, said: string, value: string): void {
  const secret = name.endsWith('Password')
  const parsed = v.safeParse(settingSchemas[name], secret ? value : value.trim(), { abortEarly: true })
  if (!parsed.success) {
    const shown = secret ? 'not usable' : JSON.stringify(value.slice(0, 60))
    throw new ConfigError(`${said} is ${shown}, ${parsed.issues[0].message}`)
  }
  const before = settings[name]
  const more = Array.isArray(before) ? before : []
  const next = isList(name) ? [...new Set([...more, parsed.output])] : parsed.output
  Object.assign(settings, { [name]: next })
}
