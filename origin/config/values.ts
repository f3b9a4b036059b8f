import * as v from 'valibot'
import type { Mount } from '../../shared/mount.ts'
import { parseOriginMount } from '../lib/root-mount.ts'
import { hostIn, mendable, mendOf, nearest, truth } from './mend.ts'

// What a setting's text may be. Flags and icecast.xml share these bounds; messages read behind `is "…", `. In a file the
// text that Icecast starts with is mended where it is out of them.

export const integer = (min: number, max: number) => {
  const expected = `expected an integer from ${min} to ${max}`
  return mendable(
    v.pipe(
      v.string(),
      v.regex(/^-?\d{1,12}$/, expected),
      v.transform(Number),
      v.minValue(min, expected),
      v.maxValue(max, expected),
    ),
    (word) => nearest(word, min, max),
  )
}

/** a day: some let an encoder be silent over night, where Icecast 2.5 allows 600 s */
export const sourceTimeoutS = integer(1, 86_400)

export const text = v.pipe(v.string(), v.minLength(1, 'expected some text'))

/**
 * A password. The runtime puts U+FFFD where a flag or the environment is not UTF-8, so that it would be another one, known to
 * whoever knows that.
 */
export const secret = v.pipe(
  text,
  v.check((word) => !word.includes('\ufffd'), 'expected UTF-8'),
)

/** Text that will stand in a line of a head: a file may break it where it likes, and a break there would begin a header. */
export const lineOfText = v.pipe(
  text,
  v.transform((words) => words.replace(/[\s\p{Cc}]+/gu, (run) => (/\p{Cc}/u.test(run) ? ' ' : run))),
)

export const boolean = mendable(
  v.pipe(
    v.string(),
    v.regex(/^(0|1|no|yes|false|true)$/i, 'expected 0 or 1'),
    v.transform((word) => /^(1|yes|true)$/i.test(word)),
  ),
  truth,
)

/** The nearest port is not the one that is meant. */
const portFrom = (min: number) =>
  mendable(v.pipe(v.string(), integer(min, 65_535)), (word) => {
    const number = Number.parseInt(word, 10)
    return number >= min && number <= 65_535 ? String(number) : undefined
  })

export const port = portFrom(0)
/** a port of another machine, which is never 0 */
export const remotePort = portFrom(1)

/** An integer of which Icecast takes every negative one for a word of its own: as if nothing was said. */
export const integerOrUnset = (max: number) =>
  mendable(v.pipe(v.string(), integer(0, max)), (word) =>
    /^\s*-/.test(word) ? undefined : nearest(word, 0, max),
  )

export const mebi = 1_048_576

/** kbit/s; `k` and `m` as icecast-kh has them, thousands and millions of bit/s. */
export const kbps = mendable(
  v.pipe(
    v.string(),
    v.regex(/^\d{1,9}[km]?$/i, 'expected kbit/s as an integer up to 999999999, or with k or m behind it'),
    v.transform((word) => Number.parseInt(word, 10) * (/m$/i.test(word) ? 1000 : 1)),
  ),
  (word) => nearest(word, 0, 999_999_999, (rest) => (/^m/i.test(rest) ? 1000 : 1)),
)

const unitBytes: Readonly<Record<string, number>> = { k: 1024, m: mebi }

/** Bytes; `k` and `m` as icecast-kh has them, 1024 and 1024² of them. */
export const bytes = (min: number, max: number) => {
  const expected = `expected an integer from ${min} to ${max} (bytes), or with k or m behind it`
  return mendable(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,12}[km]?$/i, expected),
      v.transform((word) => Number.parseInt(word, 10) * (unitBytes[word.slice(-1).toLowerCase()] ?? 1)),
      v.minValue(min, expected),
      v.maxValue(max, expected),
    ),
    (word) => nearest(word, min, max, (rest) => unitBytes[rest.charAt(0).toLowerCase()] ?? 1),
  )
}

/** What a new listener gets at once: so many bytes, or so many seconds of its stream at the stream's own rate. */
export type Burst = { readonly bytes: number } | { readonly seconds: number }

/** s: more would be kept for a listener than a player buffers */
const burstSecondsMax = 120

const burstBytes = bytes(0, 16 * mebi)

/** A burst in bytes, or in seconds with `s` behind it as icecast-kh has it: at 32 kbit/s 64 KiB are 16 s late. */
export const burst = mendable(
  v.union(
    [
      v.pipe(
        v.string(),
        v.regex(/^\d{1,3}s$/i),
        v.transform((word) => Number.parseInt(word, 10)),
        v.maxValue(burstSecondsMax),
        v.transform((seconds): Burst => ({ seconds })),
      ),
      v.pipe(
        burstBytes,
        v.transform((size): Burst => ({ bytes: size })),
      ),
    ],
    `expected an integer from 0 to ${16 * mebi} (bytes), or seconds up to ${burstSecondsMax} as 5s`,
  ),
  (word) => (/^\d+s$/i.test(word) ? `${nearest(word, 0, burstSecondsMax)}s` : mendOf(burstBytes)?.(word)),
)

export const host = mendable(
  v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9._-]{1,253}$|^\[?[0-9a-fA-F:.]{2,45}\]?$/, 'expected a host name or address'),
  ),
  hostIn,
)

const isMount = v.custom<Mount>(
  (name) => name !== undefined,
  'expected the name of a mount, as /live.mp3: no //, no dot segments, at most 255 bytes',
)

/** A mount without its slash is meant to have one. */
export const mount = mendable(
  v.pipe(
    v.string(),
    v.transform((word) => parseOriginMount(encodePath(word))),
    isMount,
  ),
  (word) =>
    /^[a-z]+:\/\//i.test(word) ? undefined : `${word.startsWith('/') ? '' : '/'}${encodeStray(word)}`,
)

/** In a file a path stands as it is read, in a URL without spaces and the like; an escape that is there stays one. */
export const encodePath = (path: string): string =>
  encodeURI(path).replaceAll('%25', '%').replace(/[?#]/g, encodeURIComponent)

/** A `%` that begins no escape stands for itself. */
const encodeStray = (path: string) => path.replace(/%(?![0-9a-f]{2})/gi, '%25')

/** A URL without its scheme is http's, as libcurl takes it for Icecast. */
export const httpUrl = mendable(
  v.pipe(
    v.string(),
    v.check((word) => /^https?:\/\//i.test(word) && URL.canParse(word), 'expected an http or https URL'),
  ),
  (word) => (/^[a-z]+:\/\//i.test(word) ? undefined : `http://${word}`),
)
