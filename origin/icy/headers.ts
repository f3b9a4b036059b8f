import { decodeText } from './metadata.ts'

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
  const told = new Map<string, string>()
  const audioInfo = feed.get('ice-audio-info')
  const bitrate = /(?:^|[;\s])(?:ice-)?bitrate=\s*(\d+)/.exec(audioInfo ?? '')?.[1]
  if (bitrate !== undefined) told.set('icy-br', bitrate)
  for (const [name, value] of feed) {
    if (dropped.has(name) || value === '' || name === 'ice-audio-info') continue
    if (name.startsWith('icy-')) told.set(name, value)
    else if (name.startsWith('ice-')) told.set(renamed.get(name) ?? `icy-${name.slice(4)}`, value)
  }
  if (audioInfo) told.set('ice-audio-info', audioInfo)
  return [...told].sort(([a], [b]) => (a < b ? -1 : 1))
}

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
