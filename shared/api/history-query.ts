import * as v from 'valibot'
import { historyLimits } from '../history/limits.ts'
import { type Mount, parseMount } from '../mount.ts'
import { IdSchema } from '../report/report.ts'

/** What `/api/history` is asked. Plain data: it is sent to a Durable Object. Times in s since 1970. */
export interface HistoryQuery {
  mount: Mount | undefined
  server: string | undefined
  from: number
  to: number
  step: number
}

/** What `/api/plays` is asked. */
export type PlaysQuery = Omit<HistoryQuery, 'server' | 'step'>

const daySeconds = 86_400
/** the steps that are chosen from, if none is asked for */
const steps = [60, 300, 900, 3600, 6 * 3600, daySeconds]
/** rows of such an answer: a chart's pixels */
const rowsWanted = 1500
/** s after which minutes are gone, so that hours are read */
const minutesSeconds = historyLimits.minutesMs / 1000

const expectedTime = 'expected a date, such as 2026-11-25 or 2026-11-25T20:00:00Z, or seconds since 1970'
const isoTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d))?$/
const time = v.pipe(
  v.string(),
  v.transform((text) => (/^\d{1,11}$/.test(text) ? Number(text) : secondsIn(text))),
  v.number(expectedTime),
  v.finite(expectedTime),
)
/** In a query, a `+` that is not encoded means a blank. */
const secondsIn = (text: string) => {
  const date = text.replace(/ (?=\d\d:?\d\d$)/, '+')
  return isoTime.test(date) && isOnCalendar(date) ? Date.parse(date) / 1000 : undefined
}
/** `Date.parse` takes February 31 for March 3: a report of February would then lack its last days. */
const isOnCalendar = (date: string) => {
  const day = date.slice(0, 10)
  const at = Date.parse(day)
  return Number.isFinite(at) && new Date(at).toISOString().startsWith(day)
}

const expectedStep = 'expected whole minutes, in seconds or as 1m, 15m, 1h or 1d'
const units: Record<string, number> = { m: 60, h: 3600, d: daySeconds }
const step = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,7}[mhd]?$/, expectedStep),
  v.transform((text) => Number.parseInt(text, 10) * (units[text.at(-1) ?? ''] ?? 1)),
  v.check((seconds) => seconds % 60 === 0, expectedStep),
)
const mount = v.pipe(
  v.string(),
  v.transform((name) => parseMount(encodeURI(name).replace(/[?#]/g, encodeURIComponent))),
  v.custom<Mount>((name) => typeof name === 'string', 'expected a mount, such as /live.mp3'),
)

const QuerySchema = v.strictObject(
  {
    mount: v.optional(mount),
    server: v.optional(IdSchema),
    from: v.optional(time),
    to: v.optional(time),
    step: v.optional(step),
  },
  'expected mount, server, from, to or step',
)

/** Parses a query; a text says what is wrong with it. */
export function parseHistoryQuery(parameters: URLSearchParams, nowS: number): HistoryQuery | string {
  const asked = parse(parameters)
  if (typeof asked === 'string') return asked
  if (asked.mount !== undefined && asked.server !== undefined)
    return 'mount and server are both given; expected one of them: history is kept for each mount and for each server'
  const range = rangeOf(asked, nowS)
  if (typeof range === 'string') return range
  const { from, to } = range
  const isOld = from < nowS - minutesSeconds - 60
  const fits = (each: number) => (to - from) / each <= rowsWanted && !(isOld && each < 3600)
  const seconds =
    asked.step ?? steps.find(fits) ?? Math.ceil((to - from) / rowsWanted / daySeconds) * daySeconds
  if (seconds >= 3600 && seconds % 3600 !== 0)
    return `step is ${seconds} s, expected whole hours, or less than an hour`
  if ((to - from) / seconds > historyLimits.rowsMax)
    return `a step of ${seconds} s is more than ${historyLimits.rowsMax} rows; expected a longer step, or a shorter time`
  return { mount: asked.mount, server: asked.server, from, to, step: seconds }
}

/** The same of `/api/plays`. */
export function parsePlaysQuery(parameters: URLSearchParams, nowS: number): PlaysQuery | string {
  const asked = parse(parameters)
  if (typeof asked === 'string') return asked
  for (const name of ['server', 'step'] as const)
    if (asked[name] !== undefined) return `${name} is given; expected mount, from or to`
  const range = rangeOf(asked, nowS)
  return typeof range === 'string' ? range : { mount: asked.mount, ...range }
}

function parse(parameters: URLSearchParams): v.InferOutput<typeof QuerySchema> | string {
  const given = [...parameters.keys()]
  const twice = given.find((name, i) => given.indexOf(name) !== i)
  if (twice !== undefined) return `${twice} is given twice, expected once`
  const values = Object.fromEntries([...parameters].filter(([, value]) => value !== ''))
  const parsed = v.safeParse(QuerySchema, values, { abortEarly: true })
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  const name = v.getDotPath(issue) ?? 'query'
  if (!(name in QuerySchema.entries))
    return `${name.slice(0, 40)} is not known, expected mount, server, from, to or step`
  return `${name} is "${(values[name] ?? '').slice(0, 100)}", ${issue.message}`
}

/** The last day, unless it says otherwise. */
function rangeOf(
  { from, to }: { from?: number | undefined; to?: number | undefined },
  nowS: number,
): { from: number; to: number } | string {
  const end = to ?? (from === undefined || from < nowS ? nowS : from + daySeconds)
  const start = from ?? end - daySeconds
  return start < end
    ? { from: start, to: end }
    : `from is ${iso(start)}, expected a time before to (${iso(end)})`
}

const iso = (seconds: number) => new Date(Math.min(seconds, 8e12) * 1000).toISOString()
