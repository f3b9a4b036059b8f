import { XMLParser } from 'fast-xml-parser'
import * as v from 'valibot'
import { messageOf } from '../message-of.ts'

/** A server's stats about one source; undefined fields are missing or malformed. */
export type SourceStats = v.InferOutput<typeof SourceSchema>
/** A server's stats about itself and all its sources. */
export type ServerStats = v.InferOutput<typeof IcestatsSchema>

/** A server answered with something that is not its stats. */
export class StatsError extends Error {
  override name = 'StatsError'
}

const text = v.fallback(v.optional(v.string()), undefined)
/** A number, in JSON as such, in XML as text; Icecast guesses types, so JSON may have text as well. */
const count = v.fallback(
  v.optional(
    v.pipe(
      v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,16}(\.\d{1,16})?$/), v.transform(Number))]),
      v.transform(Math.round),
      v.safeInteger(),
      v.minValue(0),
    ),
  ),
  undefined,
)

/** Text that Icecast may have turned into a number or a boolean by guessing types: `"title":1979`. */
const words = v.fallback(
  v.optional(v.union([v.string(), v.pipe(v.union([v.number(), v.boolean()]), v.transform(String))])),
  undefined,
)

const SourceSchema = v.object({
  /** the attribute in XML; in JSON the mount is only in `listenurl` */
  '@mount': text,
  listenurl: text,
  server_type: text,
  'content-type': text,
  audio_info: text,
  title: words,
  artist: words,
  server_name: words,
  server_description: words,
  server_url: text,
  genre: words,
  stream_start_iso8601: text,
  samplerate: count,
  channels: count,
  /** Hz */
  audio_samplerate: count,
  audio_channels: count,
  listeners: count,
  listener_peak: count,
  max_listeners: count,
  listener_connections: count,
  bitrate: count,
  'ice-bitrate': count,
  /** bit/s */
  audio_bitrate: count,
  /** bit/s; icecast-kh */
  incoming_bitrate: count,
  /** icecast-kh */
  outgoing_kbitrate: count,
})

const IcestatsSchema = v.object({
  listeners: count,
  listener_connections: count,
  server_start: text,
  server_start_iso8601: text,
  /** absent if there are no sources, an object for one, an array for more */
  source: v.optional(
    v.union([
      v.array(SourceSchema),
      v.pipe(
        SourceSchema,
        v.transform((only) => [only]),
      ),
    ]),
    [],
  ),
})
const StatsSchema = v.object({ icestats: IcestatsSchema })

const xmlParser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  ignoreDeclaration: true,
  parseTagValue: false,
  htmlEntities: true, // this includes &#xE9; and the like: libxml2 prints characters outside ASCII so
  // entities cannot expand without a DOCTYPE, and the text is bounded
  processEntities: { enabled: true, maxTotalExpansions: Number.POSITIVE_INFINITY },
})

/** Parses `/status-json.xsl` of Icecast 2.4 and 2.5. Throws {@link StatsError}. */
export function parseStatusJson(body: string): ServerStats {
  return read(() => {
    // JSON allows control bytes only between values, where a space will do
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control bytes
    const clean = body.replace(/[\x00-\x1f]/g, ' ')
    return parseOrUndefined(clean) ?? JSON.parse(mendJson(clean))
  })
}

/** Parses `/admin/stats`, since icecast-kh has no stats in JSON. Throws {@link StatsError}. */
export const parseStatsXml = (body: string): ServerStats =>
  read(() => {
    if (/<!DOCTYPE/i.test(body)) throw new StatsError('a DOCTYPE, expected none')
    return xmlParser.parse(body)
  })

function read(parse: () => unknown): ServerStats {
  let value: unknown
  try {
    value = parse()
  } catch (error) {
    throw new StatsError(`not the stats of an Icecast: ${messageOf(error)}`)
  }
  const parsed = v.safeParse(StatsSchema, value)
  if (parsed.success) return parsed.output.icestats
  throw new StatsError(`not the stats of an Icecast: no usable ${v.getDotPath(parsed.issues[0]) ?? 'object'}`)
}

/** The values that JSON allows without quotes (RFC 8259). */
const bareValue = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?) *$/

/**
 * Repairs the JSON of Icecast 2.4, which prints text without quotes if it looks numeric: a title of `-`, `1.` or `-.5`
 * breaks the whole page. Such a value becomes null; none of the numbers that we use looks like that.
 */
const mendJson = (body: string) =>
  body.replace(/"[^"\\]*(?:\\.[^"\\]*)*"?|[^"]+/g, (token) =>
    token.startsWith('"')
      ? token
      : token
          .replace(/[^\s:,{}[\]][^:,{}[\]]*/g, (value) => (bareValue.test(value) ? value : 'null'))
          .replace(/:(\s*)(?=[,}])/g, ':null$1'),
  )

function parseOrUndefined(clean: string): unknown {
  try {
    return JSON.parse(clean)
  } catch {
    return undefined
  }
}
