import * as v from 'valibot'
import { type Mount, parseMount } from '../../shared/mount.ts'

// What a setting's text may be. Flags and icecast.xml share these bounds; messages read behind `is "…", `.

export const integer = (min: number, max: number) => {
  const expected = `expected an integer from ${min} to ${max}`
  return v.pipe(
    v.string(),
    v.regex(/^-?\d{1,12}$/, expected),
    v.transform(Number),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  )
}

export const text = v.pipe(v.string(), v.minLength(1, 'expected some text'))

/** Text that will stand in a line of a head: a file may break it where it likes, and a break there would begin a header. */
export const lineOfText = v.pipe(
  text,
  v.transform((words) => words.replace(/[\s\p{Cc}]+/gu, (run) => (/\p{Cc}/u.test(run) ? ' ' : run))),
)

export const boolean = v.pipe(
  v.string(),
  v.regex(/^(0|1|no|yes|false|true)$/i, 'expected 0 or 1'),
  v.transform((word) => /^(1|yes|true)$/i.test(word)),
)

export const port = integer(0, 65_535)
/** a port of another machine, which is never 0 */
export const remotePort = integer(1, 65_535)

export const mebi = 1_048_576

/** kbit/s; `k` and `m` as icecast-kh has them, thousands and millions of bit/s. */
export const kbps = v.pipe(
  v.string(),
  v.regex(/^\d{1,9}[km]?$/i, 'expected kbit/s as an integer up to 999999999, or with k or m behind it'),
  v.transform((word) => Number.parseInt(word, 10) * (/m$/i.test(word) ? 1000 : 1)),
)

const unitBytes: Readonly<Record<string, number>> = { k: 1024, m: mebi }

/** Bytes; `k` and `m` as icecast-kh has them, 1024 and 1024² of them. */
export const bytes = (min: number, max: number) => {
  const expected = `expected an integer from ${min} to ${max} (bytes), or with k or m behind it`
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,12}[km]?$/i, expected),
    v.transform((word) => Number.parseInt(word, 10) * (unitBytes[word.slice(-1).toLowerCase()] ?? 1)),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  )
}

/** What a new listener gets at once: so many bytes, or so many seconds of its stream at the stream's own rate. */
export type Burst = { readonly bytes: number } | { readonly seconds: number }

/** s: more would be kept for a listener than a player buffers */
const burstSecondsMax = 120

/** A burst in bytes, or in seconds with `s` behind it as icecast-kh has it: at 32 kbit/s 64 KiB are 16 s late. */
export const burst = v.union(
  [
    v.pipe(
      v.string(),
      v.regex(/^\d{1,3}s$/i),
      v.transform((word) => Number.parseInt(word, 10)),
      v.maxValue(burstSecondsMax),
      v.transform((seconds): Burst => ({ seconds })),
    ),
    v.pipe(
      bytes(0, 16 * mebi),
      v.transform((size): Burst => ({ bytes: size })),
    ),
  ],
  `expected an integer from 0 to ${16 * mebi} (bytes), or seconds up to ${burstSecondsMax} as 5s`,
)

export const host = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9._-]{1,253}$|^\[?[0-9a-fA-F:.]{2,45}\]?$/, 'expected a host name or address'),
)

export const mount = v.pipe(
  v.string(),
  v.transform((word) => parseMount(encodePath(word))),
  v.custom<Mount>(
    (name) => name !== undefined,
    'expected the name of a mount, as /live.mp3: no //, no dot segments, at most 255 bytes',
  ),
)

/** In a file a path stands as it is read, in a URL without spaces and the like; an escape that is there stays one. */
export const encodePath = (path: string): string =>
  encodeURI(path).replaceAll('%25', '%').replace(/[?#]/g, encodeURIComponent)

export const httpUrl = v.pipe(
  v.string(),
  v.check((word) => /^https?:\/\//i.test(word) && URL.canParse(word), 'expected an http or https URL'),
)
