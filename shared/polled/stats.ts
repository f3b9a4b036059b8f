import { XMLParser } from 'fast-xml-parser'
import * as v from 'valibot'
import { messageOf } from '../message-of.ts'

/** What a server's stats say of one source; what is undefined they leave open, or say in a way that is none. */
export type SourceStats = v.InferOutput<typeof SourceSchema>
/** What they say of the server. */
export type ServerStats = v.InferOutput<typeof IcestatsSchema>

/** A server answered with something that is not its stats. */
export class StatsError extends Error {
  override name = 'StatsError'
}

const text = v.fallback(v.optional(v.string()), undefined)
/** A number of JSON, or one in a text as XML has it; Icecast's guess at types makes either of either. */
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

/** Text, of which Icecast's guess at types may have made a number or a boolean: `"title":1979`. */
const words = v.fallback(
  v.optional(v.union([v.string(), v.pipe(v.union([v.number(), v.boolean()]), v.transform(String))])),
  undefined,
)

const SourceSchema = v.object({
  /** the attribute of XML; JSON has the mount in `listenurl` alone */
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
  /** absent without sources, an object with one, an array with more */
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
  htmlEntities: true, // with them go &#xE9; and its like, which is how libxml2 prints what is not ASCII
  // without a DOCTYPE no entity grows, and the text is bounded
  processEntities: { enabled: true, maxTotalExpansions: Number.POSITIVE_INFINITY },
})

/** Reads `/status-json.xsl` of Icecast 2.4 and 2.5. Throws {@link StatsError}. */
export function parseStatusJson(body: string): ServerStats {
  return read(() => {
    // a control byte may stand nowhere in JSON but between values, where a space does as well
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it looks for
    const clean = body.replace(/[\x00-\x1f]/g, ' ')
    return parseOrUndefined(clean) ?? JSON.parse(mendJson(clean))
  })
}

/** Reads `/admin/stats`, in which icecast-kh says what others say in JSON. Throws {@link StatsError}. */
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
    throw new StatsError(`no stats of an Icecast: ${messageOf(error)}`)
  }
  const parsed = v.safeParse(StatsSchema, value)
  if (parsed.success) return parsed.output.icestats
  throw new StatsError(`no stats of an Icecast: no usable ${v.getDotPath(parsed.issues[0]) ?? 'object'}`)
}

/** What may stand in JSON without quotes (RFC 8259). */
const bareValue = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?) *$/

/**
 * Makes JSON of what Icecast 2.4 prints: a text that looks numeric to it stands there without quotes, so that a
 * title of `-`, `1.` or `-.5` breaks the whole page. Such a value becomes null; no number that we read is like that.
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
