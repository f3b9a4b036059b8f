import * as v from 'valibot'
import { parseBlocks } from '../../shared/http/address.ts'
import type { Mount } from '../../shared/mount.ts'
import { parseOriginMount } from '../lib/root-mount.ts'
import { hostIn, mendable, mendOf, nearest, truth } from './mend.ts'

// Schemas of settings' texts, shared by flags and icecast.xml; their messages follow `is "…", `. A text of a file that is
// out of bounds is mended if Icecast starts with it.

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

/** up to a day: some operators let an encoder be silent overnight; Icecast 2.5 allows 600 s */
export const sourceTimeoutS = integer(1, 86_400)

export const text = v.pipe(v.string(), v.minLength(1, 'expected some text'))

/**
 * A password. If a flag or the environment is not UTF-8, the runtime puts U+FFFD there: that is another password, and easier
 * to guess.
 */
export const secret = v.pipe(
  text,
  v.check((word) => !word.includes('\ufffd'), 'expected UTF-8'),
)

/** Text for a header line: line breaks, which a file may contain, become spaces, because they would begin another header. */
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

/** A port out of bounds is not replaced by the nearest one: that is not the port that was meant. */
const portFrom = (min: number) =>
  mendable(v.pipe(v.string(), integer(min, 65_535)), (word) => {
    const number = Number.parseInt(word, 10)
    return number >= min && number <= 65_535 ? String(number) : undefined
  })

export const port = portFrom(0)
/** a port on another machine, which is never 0 */
export const remotePort = portFrom(1)

/** An integer; Icecast reads every negative one as unset. */
export const integerOrUnset = (max: number) =>
  mendable(v.pipe(v.string(), integer(0, max)), (word) =>
    /^\s*-/.test(word) ? undefined : nearest(word, 0, max),
  )

export const mebi = 1_048_576

/** kbit/s; with `k` or `m`, as in icecast-kh: thousands or millions of bit/s. */
export const kbps = mendable(
  v.pipe(
    v.string(),
    v.regex(
      /^\d{1,9}[km]?$/i,
      'expected kbit/s as an integer up to 999999999, or an integer followed by k or m',
    ),
    v.transform((word) => Number.parseInt(word, 10) * (/m$/i.test(word) ? 1000 : 1)),
  ),
  (word) => nearest(word, 0, 999_999_999, (rest) => (/^m/i.test(rest) ? 1000 : 1)),
)

const unitBytes: Readonly<Record<string, number>> = { k: 1024, m: mebi }

/** Bytes; with `k` or `m`, as in icecast-kh: units of 1024 or 1024² bytes. */
export const bytes = (min: number, max: number) => {
  const expected = `expected an integer from ${min} to ${max} (bytes), or an integer followed by k or m`
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

/** The part of a stream that a new listener gets at once, in bytes, or in seconds at the bitrate of the stream. */
export type Burst = { readonly bytes: number } | { readonly seconds: number }

/** s: no player buffers more */
const burstSecondsMax = 120

const burstBytes = bytes(0, 16 * mebi)

/** A burst in bytes, or in seconds followed by `s` as in icecast-kh: at 32 kbit/s, 64 KiB are a delay of 16 s. */
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
    `expected an integer from 0 to ${16 * mebi} (bytes), or seconds up to ${burstSecondsMax}, like 5s`,
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
  'expected the name of a mount, like /live.mp3: no //, no dot segments, at most 255 bytes',
)

/** A mount without its leading slash gets one. */
export const mount = mendable(
  v.pipe(
    v.string(),
    v.transform((word) => parseOriginMount(encodePath(word))),
    isMount,
  ),
  (word) =>
    /^[a-z]+:\/\//i.test(word) ? undefined : `${word.startsWith('/') ? '' : '/'}${encodeStray(word)}`,
)

/** A path of a file as it stands in a URL: spaces and the like are escaped, existing escapes stay. */
export const encodePath = (path: string): string =>
  encodeURI(path).replaceAll('%25', '%').replace(/[?#]/g, encodeURIComponent)

/** Escapes each `%` that does not begin an escape. */
const encodeStray = (path: string) => path.replace(/%(?![0-9a-f]{2})/gi, '%25')

/** A URL without a scheme gets `http://`, as libcurl does for Icecast. */
export const httpUrl = mendable(
  v.pipe(
    v.string(),
    v.check((word) => /^https?:\/\//i.test(word) && URL.canParse(word), 'expected an http or https URL'),
  ),
  (word) => (/^[a-z]+:\/\//i.test(word) ? undefined : `http://${word}`),
)

/** Addresses of proxies, as text: `192.0.2.1, 10.0.0.0/8`. A file's text that is neither is left out: nobody is trusted by mistake. */
export const proxies = mendable(
  v.pipe(
    v.string(),
    v.check((words) => {
      try {
        return parseBlocks(words).length > 0
      } catch {
        return false
      }
    }, 'expected addresses or CIDR blocks with commas between them'),
  ),
  () => undefined,
)
