import * as v from 'valibot'
import { isLoopbackHost } from '../http/address.ts'
import { limits } from '../limits.ts'
import { type Mount, parseMount, printMount } from '../mount.ts'
import type { AboutMount } from './about-mount.ts'

// The report of a slave or master to its decider. The schemas validate the text, {@link Report} is the validated result.

const number = (min: number, max: number) => {
  const expected = `expected an integer from ${min} to ${max}`
  return v.pipe(
    v.string(expected),
    v.regex(/^\d{1,16}$/, expected),
    v.transform(Number),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  )
}
const count = number(0, Number.MAX_SAFE_INTEGER)

const oneOf = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `expected ${options.join(' or ')}`)

const url = v.pipe(
  v.string(),
  v.maxLength(limits.urlLengthMax, `expected at most ${limits.urlLengthMax} characters`),
)

/** The origin of a URL: scheme, host and port. */
export const OriginSchema = v.pipe(
  url,
  v.check(
    (text) => isBaseUrl(text) && pathIn(text) === '',
    'expected http://host:port or https://host:port, without user, path, query or fragment',
  ),
  v.transform((text) => new URL(text).origin),
)

/** The URL where listeners reach a server. A mount is appended to it, so it may have a path if a proxy serves several servers. */
export const UrlSchema = v.pipe(
  url,
  v.check(
    (text) => isBaseUrl(text) && pathIn(text) !== undefined,
    'expected http://host:port or https://host:port, with or without a path in the form of a mount, without user, query or fragment',
  ),
  v.transform((text) => new URL(text).origin + (pathIn(text) ?? '')),
)

/** `52.52,13.40`, latitude and longitude in degrees. */
export const LocationSchema = v.pipe(
  v.string(),
  v.regex(/^-?\d{1,3}(\.\d{1,15})?, ?-?\d{1,3}(\.\d{1,15})?$/, 'expected latitude,longitude in degrees'),
  v.transform((text) => {
    // + 0: "-0" is 0, as it is printed
    const [latitude = Number.NaN, longitude = Number.NaN] = text.split(',').map((part) => Number(part) + 0)
    return { latitude, longitude }
  }),
  v.check(
    ({ latitude, longitude }) => Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180,
    'expected a latitude from -90 to 90 and a longitude from -180 to 180',
  ),
)

/** The id of a server in reports, `x=` and the API. */
export const IdSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9._:[\]-]{1,128}$/, 'expected 1 to 128 of A-Z a-z 0-9 . _ : [ ] -'),
)

/** `DE, AT`: only these countries; `!US, !CA`: all except these. */
export const CountriesSchema = v.pipe(
  v.string(),
  v.regex(
    /^(?:[A-Z]{2}(?:, ?[A-Z]{2}){0,249}|![A-Z]{2}(?:, ?![A-Z]{2}){0,249})$/,
    'expected ISO 3166 codes of countries to serve, "DE, AT", or not to serve, "!US, !CA"',
  ),
  v.transform((text) => ({
    allow: !text.startsWith('!'),
    codes: text.replaceAll('!', '').split(/, ?/),
  })),
)

/** The fields above the blank line, by their names on the wire. */
export const HeaderSchema = v.object({
  sourcelist: v.optional(v.literal('1', 'expected 1, the only version')),
  id: v.optional(IdSchema),
  boot: v.optional(
    v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,128}$/, 'expected 1 to 128 visible ASCII characters')),
  ),
  seq: v.optional(count),
  role: v.optional(oneOf(['slave', 'master']), 'slave'),
  url: v.pipe(
    v.array(UrlSchema, 'missing; expected at least one'),
    v.maxLength(limits.reportUrlsMax, `expected at most ${limits.reportUrlsMax} of them`),
  ),
  interval: number(limits.intervalSecondsMin, limits.intervalSecondsMax),
  'max-listeners': v.optional(count),
  listeners: count,
  'hls-listeners': v.optional(count),
  'max-bandwidth': v.optional(count),
  bandwidth: v.optional(count),
  joins: v.optional(count),
  state: v.optional(oneOf(['up', 'draining', 'leaving']), 'up'),
  location: v.optional(LocationSchema),
  countries: v.optional(CountriesSchema),
  mounts: number(0, limits.reportMountsMax),
})

const mount = v.pipe(
  v.string(),
  v.transform(parseMount),
  v.custom<Mount>(
    (value) => value !== undefined,
    `expected a percent-encoded path of at most ${limits.mountBytesMax} bytes, without //, dot segments, control bytes, %2F or a path of the edge's own`,
  ),
)

/** The line of a mount: `mount listeners max kbit/s joins content-type`. */
export const MountLineSchema = v.object({
  mount,
  listeners: count,
  max: v.union(
    [
      v.pipe(
        v.literal('-'),
        v.transform(() => null),
      ),
      count,
    ],
    'expected an integer or -',
  ),
  kbps: count,
  joins: count,
  contentType: v.pipe(
    v.string(),
    v.maxLength(limits.contentTypeLengthMax, `expected at most ${limits.contentTypeLengthMax} characters`),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it rejects control bytes
    v.regex(/^[^\x00-\x1f\x7f]*$/, 'expected no control bytes'),
  ),
})

/** One mount of a server. `max` null: it has no limit of its own. `kbps` 0: its bit rate is unknown. */
export type MountReport = v.InferOutput<typeof MountLineSchema> & {
  /** further fields, from masters; undefined in the reports of slaves */
  about?: AboutMount | undefined
}

/** The mounts of a report in its order: an array, or packed (mount-list.ts). */
export interface MountList extends Iterable<MountReport> {
  readonly length: number
  at(place: number): MountReport | undefined
  map<T>(of: (mount: MountReport, place: number) => T): T[]
  filter(is: (mount: MountReport, place: number) => boolean): MountReport[]
  every(is: (mount: MountReport, place: number) => boolean): boolean
  slice(from?: number, to?: number): MountReport[]
}

/** One server at one moment. Rates are in kbit/s, `interval` in seconds; undefined fields were not reported. */
export interface Report {
  id: string
  boot?: string | undefined
  seq?: number | undefined
  role: 'slave' | 'master'
  /** without a slash at the end, in the server's order */
  urls: string[]
  interval: number
  maxListeners?: number | undefined
  listeners: number
  /** how many of them listen by HLS */
  hlsListeners?: number | undefined
  maxBandwidth?: number | undefined
  bandwidth?: number | undefined
  joins?: number | undefined
  state: 'up' | 'draining' | 'leaving'
  location?: { latitude: number; longitude: number } | undefined
  /** countries whose listeners it serves: only these, or all except these */
  countries?: { allow: boolean; codes: string[] } | undefined
  mounts: MountList
}

function isBaseUrl(text: string): boolean {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  return (
    parsed !== undefined &&
    /^https?:\/\/[^/?#@\\\s]+(?:\/[^?#\\\s]*)?$/i.test(text) &&
    (parsed.protocol === 'http:' || parsed.protocol === 'https:') &&
    parsed.hostname !== ''
  )
}

/** The path of a url without a slash at its end; undefined if a mount could not have this path. */
function pathIn(text: string): string | undefined {
  const path = text.replace(/^https?:\/\/[^/]*/i, '').replace(/\/$/, '')
  if (path === '') return ''
  const parsed = path.endsWith('/') ? undefined : parseMount(path)
  return parsed && printMount(parsed)
}

/**
 * The default id of a server: `host:port` of its url, including the scheme's default port, and its path as `:radio:8000`,
 * since a proxy may serve many servers at one host.
 */
export function idOf(url: string): string {
  const { hostname, port, protocol } = new URL(url)
  const path = (pathIn(url) ?? '').replaceAll('/', ':').replace(/[^A-Za-z0-9._:-]/g, '-')
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}${path}`
}

/** Whether this url can only be reached from the server's own machine. */
export const isLoopbackUrl = (url: string): boolean => isLoopbackHost(new URL(url).hostname)
