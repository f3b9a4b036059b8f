import * as v from 'valibot'
import type { Mount } from '../mount.ts'
import type { Play } from './play-log.ts'
import type { Numbers } from './series.ts'

// Rows as they are stored: a row holds all series of its minute or hour, since a written row costs money on Workers, however
// long it is. Numbers are lists, without the zeros at their end.

/** seconds to a tenth: one listener's minute is then right within 0.1 % */
const tenth = (value: number) => Math.round(value * 10) / 10

export function packNumbers({ seconds, peak, joins, refused, kbit }: Numbers): number[] {
  const list = [tenth(seconds), peak, joins, refused, Math.round(kbit)]
  while (list.at(-1) === 0) list.pop()
  return list
}

const finite = v.pipe(v.number(), v.finite())
export const NumbersSchema = v.pipe(
  v.array(finite),
  v.maxLength(5),
  v.transform(
    ([seconds = 0, peak = 0, joins = 0, refused = 0, kbit = 0]): Numbers => ({
      seconds,
      peak,
      joins,
      refused,
      kbit,
    }),
  ),
)

/** A name as a key that a path of SQLite's JSON functions can quote: without quotes, backslashes and control characters. */
export const jsonKeyOf = (name: string): string => encodeURI(name.toWellFormed())
const nameIn = (key: string): string => {
  try {
    return decodeURI(key)
  } catch {
    return key
  }
}

export const packSeries = (series: ReadonlyMap<string, Numbers>): string =>
  JSON.stringify(
    Object.fromEntries([...series].map(([name, numbers]) => [jsonKeyOf(name), packNumbers(numbers)])),
  )

export const SeriesSchema = v.pipe(
  v.string(),
  v.parseJson(),
  // a record of valibot leaves out `constructor` and other names of every object, which an id may be
  v.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  v.transform((series): [string, unknown][] => Object.entries(series)),
  v.array(v.tuple([v.string(), NumbersSchema])),
  v.transform((series) => new Map(series.map(([key, numbers]) => [nameIn(key), numbers]))),
)

export const packPlays = (plays: readonly Play[]): string =>
  JSON.stringify(
    plays.map((play) => [
      play.mount,
      play.artist ?? null,
      play.title ?? null,
      play.startMs,
      play.seconds,
      play.listenersAtStart,
      play.peak,
      play.listeningSeconds,
    ]),
  )

const text = v.pipe(
  v.nullable(v.string()),
  v.transform((value) => value ?? undefined),
)
export const PlaysSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.array(
    v.pipe(
      v.tuple([
        v.custom<Mount>((name) => typeof name === 'string'),
        text,
        text,
        finite,
        finite,
        finite,
        finite,
        finite,
      ]),
      v.transform(
        ([mount, artist, title, startMs, seconds, listenersAtStart, peak, listeningSeconds]): Play => ({
          mount,
          artist,
          title,
          startMs,
          seconds,
          listenersAtStart,
          peak,
          listeningSeconds,
        }),
      ),
    ),
  ),
)
