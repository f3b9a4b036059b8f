import * as v from 'valibot'
import type { GeoLocation } from '../geo.ts'
import type { Login } from '../http/credentials.ts'
import { limits } from '../limits.ts'
import { CountriesSchema, IdSchema, idOf, LocationSchema, type Report, UrlSchema } from '../report/report.ts'

/**
 * A server that does not report (a stock Icecast, icecast-kh), named by an operator: the decider reads its stats and makes
 * reports from them. Rates are in kbit/s, `interval` in seconds.
 */
export interface PolledServer {
  id: string
  /** where listeners are sent, regardless of the urls in its stats */
  url: string
  /** which stats are read: `/status-json.xsl`, or the XML of `/admin/stats` for servers without JSON (icecast-kh) */
  kind: 'json' | 'xml'
  /** a master's mounts are those of the cluster: slaves relay them, and other polled servers count only with them */
  role: Report['role']
  interval: number
  maxListeners: number
  maxBandwidth: number | undefined
  location: GeoLocation | undefined
  countries: Report['countries']
  /** of its admin, for XML */
  login: Login | undefined
}

/** The faults of a body that names a server: a line for each field, with its value and what is allowed. */
export class PolledServerError extends Error {
  override name = 'PolledServerError'
}

const integer = (min: number, max: number) => {
  const expected = `an integer from ${min} to ${max}`
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected))
}
const printable = (expected: string) => v.pipe(v.string(expected), v.regex(/^[^\p{Cc}]{1,512}$/u, expected))
const kinds = ['json', 'xml'] as const
const roles = ['slave', 'master'] as const

/** The fields of the body, as an operator writes them. */
const fields = {
  url: v.pipe(v.string('http://host:port or https://host:port'), UrlSchema),
  maxListeners: integer(0, Number.MAX_SAFE_INTEGER),
  id: v.optional(v.pipe(v.string('a name'), IdSchema)),
  maxBandwidth: v.optional(integer(0, Number.MAX_SAFE_INTEGER)),
  interval: v.optional(integer(limits.pollSecondsMin, limits.intervalSecondsMax), 10),
  location: v.optional(v.pipe(v.string('latitude,longitude in degrees'), LocationSchema)),
  countries: v.optional(v.pipe(v.string('"DE, AT" or "!US, !CA"'), CountriesSchema)),
  kind: v.optional(v.picklist(kinds, kinds.join(' or ')), 'json'),
  role: v.optional(v.picklist(roles, roles.join(' or ')), 'slave'),
  user: v.optional(printable('a name of up to 512 characters')),
  password: v.optional(printable('up to 512 characters without control bytes')),
}

const BodySchema = v.strictObject(fields)

const hasLogin = ({ kind, password }: v.InferOutput<typeof BodySchema>) =>
  (kind === 'xml') === (password !== undefined)

const PolledServerSchema = v.pipe(
  BodySchema,
  v.forward(v.check(hasLogin, 'the password of its admin if kind is xml, and none if it is json'), [
    'password',
  ]),
  v.forward(
    v.check(
      ({ id, url }) => id !== undefined || v.is(IdSchema, idOf(url)),
      'a name, since its url cannot serve as an id',
    ),
    ['id'],
  ),
  v.transform(
    ({ user = 'admin', password, ...named }): PolledServer => ({
      id: named.id ?? idOf(named.url),
      url: named.url,
      kind: named.kind,
      role: named.role,
      interval: named.interval,
      maxListeners: named.maxListeners,
      maxBandwidth: named.maxBandwidth,
      location: named.location,
      countries: named.countries,
      login: password === undefined ? undefined : { user, password },
    }),
  ),
)

/** Parses the body of `POST /api/servers`; the same text is stored. Throws {@link PolledServerError}. */
export function parsePolledServer(text: string): PolledServer {
  const body = parseObject(text)
  const blank = Object.fromEntries(Object.keys(fields).map((name) => [name, undefined]))
  const parsed = v.safeParse(PolledServerSchema, { ...blank, ...body })
  if (parsed.success) return parsed.output
  throw new PolledServerError(parsed.issues.map((issue) => explain(issue, body)).join('\n'))
}

function parseObject(text: string): object {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (error) {
    throw new PolledServerError(`the body is not JSON (${error}), expected a JSON object`)
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body
  throw new PolledServerError(`the body is ${quote(body)}, expected a JSON object`)
}

function explain(issue: v.BaseIssue<unknown>, body: object): string {
  const name = v.getDotPath(issue)?.split('.')[0] ?? ''
  if (!Object.hasOwn(fields, name))
    return `${quote(name)} is not a field of a server, expected ${Object.keys(fields).join(', ')}`
  const value: unknown = Object.entries(body).find(([key]) => key === name)?.[1]
  const expected = issue.message.replace(/^expected /, '')
  if (value === undefined) return `${name} is missing, expected ${expected}`
  return `${name} is ${name === 'password' ? 'not shown here' : quote(value)}, expected ${expected}`
}

/** A value from outside made safe for a message: short, and on a single line. */
function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
