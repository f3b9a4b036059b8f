import * as v from 'valibot'
import type { Accounts, OwnLogin } from '../shared/api/auth.ts'
import { type Blocks, parseBlocks } from '../shared/http/address.ts'

/** The environment has errors: a line for each bad name, with its value and the values allowed. */
export class EdgeConfigError extends Error {
  override name = 'EdgeConfigError'
}

const logLevels = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'] as const
export type LogLevel = (typeof logLevels)[number]
const logLevel = v.pipe(
  v.picklist([...logLevels, 'warn'], logLevels.join(', ')),
  v.transform((level) => (level === 'warn' ? 'warning' : level)),
)

const list = (text: string) => text.split(/[\s,]+/).filter((part) => part !== '')

const user = v.pipe(v.string(), v.regex(/^[\x21-\x39\x3b-\x7e]{1,128}$/, 'visible ASCII without a colon'))
const password = v.pipe(
  v.string(),
  v.regex(/^[^\p{Cc}]{1,512}$/u, 'up to 512 characters without control bytes'),
)
const passwords = v.pipe(
  v.string(),
  v.transform((text) => text.split(/\s+/).filter((part) => part !== '')),
  v.minLength(1, 'one password, or several with a space between them'),
)
const flag = v.pipe(
  v.picklist(['0', '1'], '0 or 1'),
  v.transform((text) => text === '1'),
)
const integer = (min: number, max: number) => {
  const expected = `an integer from ${min} to ${max}`
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,16}$/, expected),
    v.transform(Number),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  )
}

const httpUrl = (text: string) =>
  /^https?:\/\/[^\s/?#\\@]+([/?#]|$)/i.test(text) && URL.canParse(text) ? new URL(text) : undefined

const publicUrl = v.pipe(
  v.string(),
  v.check((text) => {
    const url = httpUrl(text)
    return url !== undefined && url.pathname === '/' && !/[?#]/.test(text)
  }, 'http://host:port or https://host:port, without user, path, query or fragment'),
  v.transform((text) => new URL(text).origin),
)
const publicUrls = v.pipe(
  v.string(),
  v.transform(list),
  v.array(publicUrl),
  v.check(
    (urls) => new Set(urls.map((url) => new URL(url).protocol)).size === urls.length,
    'one address, or one of http and one of https with a space between them',
  ),
)
const lastResortUrl = v.pipe(
  v.string(),
  v.check((text) => httpUrl(text) !== undefined && !text.includes('#'), 'an http or https URL without user'),
  // kept as given, so that a URL without a path is not a base; the URL parser encodes what a header line cannot hold
  v.transform((text) => (/^[\x21-\x7e]+$/.test(text) ? text : new URL(text).href)),
)

/** `id:password` is a slave's, `id:password:master` a master's. */
function ownLoginIn(text: string): readonly [id: string, login: OwnLogin] {
  const colon = text.lastIndexOf(':')
  const login: OwnLogin = { password: text.slice(colon + 1), role: 'slave' }
  const id = text.slice(0, colon)
  const before = id.lastIndexOf(':')
  const isMaster = login.password === 'master' && before > 0 && before < id.length - 1
  return isMaster ? [id.slice(0, before), { password: id.slice(before + 1), role: 'master' }] : [id, login]
}

const relays = v.pipe(
  v.string(),
  v.transform(list),
  v.array(
    v.pipe(
      v.string(),
      // an id may contain colons (host:port is the default), a password may not
      v.regex(
        /^[A-Za-z0-9._:[\]-]{1,128}:[^:]{1,512}$/,
        'id:password or id:password:master, … with no colon or comma in a password',
      ),
      v.transform(ownLoginIn),
    ),
  ),
  v.check((pairs) => new Set(pairs.map(([id]) => id)).size === pairs.length, 'each id once'),
  v.transform((pairs): Accounts['relays'] => new Map(pairs)),
)

const blocks = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): Blocks => {
    try {
      return parseBlocks(dataset.value)
    } catch {
      addIssue({ message: 'addresses or CIDR blocks with commas between them' })
      return NEVER
    }
  }),
)

const hlsEdges = ['off', 'overflow', 'always'] as const

/** Regions in which Cloudflare creates an object, by the names of its `locationHint`. */
const locationHints = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'] as const

const text = v.pipe(v.string(), v.minLength(1))

/** The environment variables of an edge (docs/configuration.md#the-edge-environment). Defaults are here and nowhere else. */
const EnvironmentSchema = v.object({
  RELAY_USER: v.optional(user, 'relay'),
  RELAY_PASSWORD: passwords,
  ADMIN_USER: v.optional(user, 'admin'),
  ADMIN_PASSWORD: password,
  MASTER_PASSWORD: v.optional(password),
  RELAYS: v.optional(relays, ''),
  PUBLIC_URL: v.optional(publicUrls, ''),
  HOST: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9.:%-]{1,253}$/, 'an address or a name')), '::'),
  PORT: v.optional(integer(0, 65_535), '8000'),
  DATA_DIR: v.optional(text, './data'),
  LAST_RESORT_URL: v.optional(lastResortUrl),
  DEFAULT_MAX_LISTENERS: v.optional(integer(0, Number.MAX_SAFE_INTEGER), '100'),
  HTTPS_ONLY: v.optional(flag, '0'),
  PROBE: v.optional(flag, '1'),
  HLS_EDGE: v.optional(v.picklist(hlsEdges, hlsEdges.join(', ')), 'off'),
  LOCATION_HINT: v.optional(v.picklist(locationHints, locationHints.join(', '))),
  TRUSTED_PROXIES: v.optional(blocks, ''),
  GEO_DB: v.optional(text),
  LOG_LEVEL: v.optional(logLevel, 'info'),
})

/** Names whose values are never shown, and may be in files. */
export const edgeSecretNames: readonly string[] = [
  'RELAY_PASSWORD',
  'ADMIN_PASSWORD',
  'MASTER_PASSWORD',
  'RELAYS',
]

/** An edge's settings; undefined means not set. */
export interface EdgeConfig {
  accounts: Accounts
  /** the edge's addresses for playlists, `listenurl` and send-backs, at most one per scheme; empty: the request's own */
  publicUrls: readonly string[]
  /** `::` accepts IPv4 too; 0.0.0.0 is used instead if the system has no IPv6 */
  host: string
  /** 0: any free port */
  port: number
  /** a directory, or `:memory:` */
  dataDir: string
  /** if it ends in `/`, mount and query are appended; otherwise it is used unchanged */
  lastResortUrl: string | undefined
  /** slots of a server whose report gives no number */
  maxListenersDefault: number
  httpsOnly: boolean
  probe: boolean
  /** whether the edge carries HLS itself: never, where no server has room, or for everybody */
  hlsEdge: (typeof hlsEdges)[number]
  /** on Workers: where Cloudflare creates the objects; undefined: near the first request */
  locationHint: (typeof locationHints)[number] | undefined
  trustedProxies: Blocks
  /** path of a MaxMind-format database */
  geoDb: string | undefined
  logLevel: LogLevel
}

/**
 * Reads the environment. An empty variable counts as not set; unknown names are ignored.
 * @throws EdgeConfigError, which names every bad variable
 */
export function parseConfig(environment: Readonly<Record<string, unknown>>): EdgeConfig {
  const given = Object.fromEntries(
    Object.keys(EnvironmentSchema.entries)
      .map((name) => [name, environment[name]])
      .filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = v.safeParse(EnvironmentSchema, given)
  if (!parsed.success)
    throw new EdgeConfigError(parsed.issues.map((issue) => explain(issue, given)).join('\n'))
  const env = parsed.output
  if (env.HTTPS_ONLY && env.LAST_RESORT_URL !== undefined && !/^https:/i.test(env.LAST_RESORT_URL))
    throw new EdgeConfigError(
      `LAST_RESORT_URL is ${JSON.stringify(given.LAST_RESORT_URL)}, expected an https URL, since HTTPS_ONLY is 1`,
    )
  return {
    accounts: {
      relayUser: env.RELAY_USER,
      relayPasswords: env.RELAY_PASSWORD,
      adminUser: env.ADMIN_USER,
      adminPassword: env.ADMIN_PASSWORD,
      masterPassword: env.MASTER_PASSWORD,
      relays: env.RELAYS,
    },
    publicUrls: env.PUBLIC_URL,
    host: env.HOST,
    port: env.PORT,
    dataDir: env.DATA_DIR,
    lastResortUrl: env.LAST_RESORT_URL,
    maxListenersDefault: env.DEFAULT_MAX_LISTENERS,
    httpsOnly: env.HTTPS_ONLY,
    probe: env.PROBE,
    hlsEdge: env.HLS_EDGE,
    locationHint: env.LOCATION_HINT,
    trustedProxies: env.TRUSTED_PROXIES,
    geoDb: env.GEO_DB,
    logLevel: env.LOG_LEVEL,
  }
}

function explain(issue: v.BaseIssue<unknown>, given: Record<string, unknown>): string {
  const name = String(issue.path?.[0]?.key)
  if (!(name in given)) return `${name} is not set, expected a password: there is no default`
  const value = edgeSecretNames.includes(name) ? 'a secret not shown here' : JSON.stringify(given[name])
  return `${name} is ${value}, expected ${issue.message}`
}
