import { decodeText } from './metadata.ts'

/** Whether a listener's `Icy-MetaData` header asks for metadata; a proxy may join two such headers to `1, 1`. */
export const asksForMetadata = (value = ''): boolean => value.split(',').some((each) => Number(each) > 0)

/** headers that listeners do not get of a source, as `ice-*` neither: a secret, what this server weaves itself, and ffmpeg's request header */
const dropped = new Set(['icy-password', 'icy-metaint', 'icy-metadata'])
const renamed = new Map([
  ['ice-public', 'icy-pub'],
  ['ice-bitrate', 'icy-br'],
])

/**
 * Headers about the stream for listeners, named as in Icecast 2.4: `ice-*` becomes `icy-*`, `icy-*` stays; sorted by
 * name.
 * `ice-audio-info` is kept, and provides `icy-br` if no other header does. Values are latin1 bytes, as received.
 */
export function listenerHeaders(feed: ReadonlyMap<string, string>): [string, string][] {
  const all = new Map<string, string>()
  const audioInfo = feed.get('ice-audio-info')
  const bitrate = /(?:^|[;\s])(?:ice-)?bitrate=\s*(\d+)/.exec(audioInfo ?? '')?.[1]
  if (bitrate !== undefined) all.set('icy-br', bitrate)
  for (const [name, value] of feed) {
    if (value === '' || name === 'ice-audio-info') continue
    const told = name.startsWith('ice-') ? (renamed.get(name) ?? `icy-${name.slice(4)}`) : name
    if (told.startsWith('icy-') && !dropped.has(told)) all.set(told, value)
  }
  if (audioInfo) all.set('ice-audio-info', audioInfo)
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** source headers that an operator's settings override; the first of each list is the one that this server writes */
const told = {
  name: ['ice-name', 'icy-name', 'x-audiocast-name'],
  description: ['ice-description', 'icy-description', 'x-audiocast-description'],
  url: ['ice-url', 'icy-url', 'x-audiocast-url'],
  genre: ['ice-genre', 'icy-genre', 'x-audiocast-genre'],
  bitrate: ['ice-bitrate', 'icy-br', 'x-audiocast-bitrate'],
} as const

/** Values that the operator sets instead of the source (`<stream-name>` and its like), as plain text. */
export type StreamOverrides = { readonly [Key in keyof typeof told]: string | undefined }

/**
 * A feed's headers with the operator's values in place of the source's; returns the same map if the operator sets none.
 */
export function streamHeaders(
  feed: ReadonlyMap<string, string>,
  overrides: StreamOverrides,
): ReadonlyMap<string, string> {
  let headers: Map<string, string> | undefined
  for (const key of ['name', 'description', 'url', 'genre', 'bitrate'] as const) {
    const value = overrides[key]
    if (value === undefined) continue
    headers ??= new Map(feed)
    for (const name of told[key]) headers.delete(name)
    headers.set(told[key][0], latin1Of(value))
  }
  return headers ?? feed
}

/** UTF-8 with one character per byte: heads hold bytes from outside in this form. */
const latin1Of = (text: string) => String.fromCharCode(...new TextEncoder().encode(text))

/** Stream information for the stats; undefined where the source does not give it. */
export interface StreamInfo {
  name: string | undefined
  description: string | undefined
  url: string | undefined
  genre: string | undefined
  /** kbit/s */
  bitrate: number | undefined
  audioInfo: string | undefined
}

/** Reads a feed's headers for the stats, with Icecast's lookup order. */
export function streamInfo(feed: ReadonlyMap<string, string>): StreamInfo {
  const first = (...names: string[]) => names.map((name) => feed.get(name)).find((value) => value)
  const text = (key: string) => decoded(first(`ice-${key}`, `icy-${key}`, `x-audiocast-${key}`))
  const audioInfo = feed.get('ice-audio-info')
  const told = first('ice-bitrate', 'icy-br', 'x-audiocast-bitrate')
  const bitrate = Number.parseInt(
    told ?? /(?:^|[;\s])(?:ice-)?bitrate=\s*(\d+)/.exec(audioInfo ?? '')?.[1] ?? '',
    10,
  )
  return {
    name: text('name'),
    description: text('description'),
    url: text('url'),
    genre: text('genre'),
    // one of hundreds of digits would be no number in JSON
    bitrate: bitrate > 0 && Number.isSafeInteger(bitrate) ? bitrate : undefined,
    audioInfo: decoded(audioInfo),
  }
}

/** Most encoders send header values as UTF-8, others as latin1. */
const decoded = (value: string | undefined) =>
  value === undefined ? undefined : decodeText(Uint8Array.from(value, (char) => char.charCodeAt(0)))
