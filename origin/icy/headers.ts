import { decodeText } from './metadata.ts'

/** Whether a listener's `Icy-MetaData` asks for metadata; a proxy joins two of them to `1, 1`. */
export const asksForMetadata = (value = ''): boolean => value.split(',').some((each) => Number(each) > 0)

/** Headers of a source that are not for listeners: a secret, what we weave ourselves, and what ffmpeg asks of us. */
const dropped = new Set(['ice-password', 'icy-metaint', 'icy-metadata'])
const renamed = new Map([
  ['ice-public', 'icy-pub'],
  ['ice-bitrate', 'icy-br'],
])

/**
 * What a feed says of its stream, as listeners are told (Icecast 2.4): `ice-*` as `icy-*`, `icy-*` as it is, by name.
 * `ice-audio-info` stays, and gives `icy-br` where nothing else does. Values are latin1 bytes, as they came.
 */
export function listenerHeaders(feed: ReadonlyMap<string, string>): [string, string][] {
  const all = new Map<string, string>()
  const audioInfo = feed.get('ice-audio-info')
  const bitrate = /(?:^|[;\s])(?:ice-)?bitrate=\s*(\d+)/.exec(audioInfo ?? '')?.[1]
  if (bitrate !== undefined) all.set('icy-br', bitrate)
  for (const [name, value] of feed) {
    if (dropped.has(name) || value === '' || name === 'ice-audio-info') continue
    if (name.startsWith('icy-')) all.set(name, value)
    else if (name.startsWith('ice-')) all.set(renamed.get(name) ?? `icy-${name.slice(4)}`, value)
  }
  if (audioInfo) all.set('ice-audio-info', audioInfo)
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** by which names a source may tell what the operator tells in its place; the first is ours */
const told = {
  name: ['ice-name', 'icy-name', 'x-audiocast-name'],
  description: ['ice-description', 'icy-description', 'x-audiocast-description'],
  url: ['ice-url', 'icy-url', 'x-audiocast-url'],
  genre: ['ice-genre', 'icy-genre', 'x-audiocast-genre'],
  bitrate: ['ice-bitrate', 'icy-br', 'x-audiocast-bitrate'],
} as const

/** What an operator says of a stream in place of its source (`<stream-name>` and its like); text as people write it. */
export type StreamOverrides = { readonly [Key in keyof typeof told]: string | undefined }

/** A feed's headers with what the operator says in place of it; the very same where that is nothing. */
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

/** UTF-8 as one character a byte, which is how heads hold what came from outside. */
const latin1Of = (text: string) => String.fromCharCode(...new TextEncoder().encode(text))

/** What the stats say of a stream; undefined where the source did not. */
export interface StreamInfo {
  name: string | undefined
  description: string | undefined
  url: string | undefined
  genre: string | undefined
  /** kbit/s */
  bitrate: number | undefined
  audioInfo: string | undefined
}

/** Reads a feed's headers for the stats, as Icecast looks them up. */
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
    bitrate: bitrate > 0 ? bitrate : undefined,
    audioInfo: decoded(audioInfo),
  }
}

/** Header bytes are UTF-8 from most encoders, else latin1. */
const decoded = (value: string | undefined) =>
  value === undefined ? undefined : decodeText(Uint8Array.from(value, (char) => char.charCodeAt(0)))
