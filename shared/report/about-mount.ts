import * as v from 'valibot'
import { limits } from '../limits.ts'

/** What a master reports about a mount in addition to its counts; undefined fields were not reported. Texts are single lines. */
export interface AboutMount {
  title?: string | undefined
  artist?: string | undefined
  name?: string | undefined
  description?: string | undefined
  genre?: string | undefined
  /** the stream's web site, what Icecast's stats call `server_url` */
  site?: string | undefined
  /** ISO 8601: when the source began */
  since?: string | undefined
  /** most concurrent listeners at the master since then */
  peak?: number | undefined
  /** Hz */
  samplerate?: number | undefined
  channels?: number | undefined
  /** s: the target duration of its HLS segments, if it is packaged */
  hls?: number | undefined
  /** not shown in any public list, page or playlist */
  hidden?: boolean | undefined
  /** listeners cannot request it by its own name */
  noMount?: boolean | undefined
}

const text = v.pipe(
  v.string(),
  v.check(
    (value) => byteLength(value) <= limits.aboutBytesMax,
    `expected at most ${limits.aboutBytesMax} bytes`,
  ),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it rejects control characters
  v.regex(/^[^\x00-\x1f\x7f-\x9f]*$/, 'expected no control characters'),
)
const isoDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/
const date = v.pipe(
  text,
  v.check((value) => isoDate.test(value) && !Number.isNaN(Date.parse(value)), 'expected an ISO 8601 date'),
)
// the same as for the other numbers of a report
const expectedCount = 'expected an integer from 0 to 9007199254740991'
const count = v.pipe(
  v.string(),
  v.regex(/^\d{1,16}$/, expectedCount),
  v.transform(Number),
  v.maxValue(Number.MAX_SAFE_INTEGER, expectedCount),
)

/** The fields by their names on the wire. */
const AboutSchema = v.object({
  title: v.optional(text),
  artist: v.optional(text),
  name: v.optional(text),
  description: v.optional(text),
  genre: v.optional(text),
  site: v.optional(text),
  since: v.optional(date),
  peak: v.optional(count),
  samplerate: v.optional(count),
  channels: v.optional(count),
  hls: v.optional(count),
  flags: v.optional(
    v.pipe(
      text,
      v.transform((value) => new Set(value.split(/[ ,]/))),
    ),
  ),
})

const encoder = new TextEncoder()
const byteLength = (value: string) => encoder.encode(value).length

/** A field that cannot be used: its name and the expected form. */
export interface AboutIssue {
  name: string
  expected: string
}

/** Parses fields by their names in lower case. Unknown names are ignored. */
export function parseAbout(fields: Record<string, string>): AboutMount | AboutIssue {
  const parsed = v.safeParse(AboutSchema, fields, { abortEarly: true })
  if (!parsed.success)
    return { name: v.getDotPath(parsed.issues[0]) ?? '', expected: parsed.issues[0].message }
  const { flags, ...about } = parsed.output
  return {
    ...about,
    ...(flags?.has('hidden') && { hidden: true }),
    ...(flags?.has('no-mount') && { noMount: true }),
  }
}

const names = [
  'title',
  'artist',
  'name',
  'description',
  'genre',
  'site',
  'since',
  'peak',
  'samplerate',
  'channels',
  'hls',
] as const

/** Lines ` name: value` that {@link parseAbout} parses back to the same value. */
export function printAbout(about: AboutMount): string[] {
  const lines = names.flatMap((name) => (about[name] === undefined ? [] : [` ${name}: ${about[name]}`]))
  const flags = [about.hidden ? 'hidden' : '', about.noMount ? 'no-mount' : ''].filter((flag) => flag !== '')
  return flags.length === 0 ? lines : [...lines, ` flags: ${flags.join(' ')}`]
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: it removes control characters
const controlCharacters = /[\x00-\x1f\x7f-\x9f]+/g

/** Text in the form that a report allows: a single line, trimmed, without control characters, at most 1 KiB of UTF-8. */
export function aboutText(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  let clean = value.toWellFormed().replace(controlCharacters, ' ').trim()
  if (byteLength(clean) > limits.aboutBytesMax) {
    // a character that straddles the cut is dropped whole
    const bytes = encoder.encode(clean).subarray(0, limits.aboutBytesMax)
    clean = new TextDecoder().decode(bytes, { stream: true }).trim()
  }
  return clean === '' ? undefined : clean
}

/** Whether two are the same except for the peak, which changes with every listener. */
export const isSameAbout = (a: AboutMount | undefined, b: AboutMount | undefined): boolean =>
  a === b || JSON.stringify({ ...a, peak: 0 }) === JSON.stringify({ ...b, peak: 0 })
