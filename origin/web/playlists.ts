import { escapeMarkup } from '../../shared/escape-markup.ts'
import { type PlaylistKind, playlistTypes, printPlaylist } from '../../shared/http/playlist.ts'
import type { Mount } from '../../shared/mount.ts'
import { printMount } from '../../shared/mount.ts'
import type { Stats } from '../stats/stats.ts'

/** The playlists of a mount at an origin: those of the edge, and Icecast's `.vclt`. */
const types = { ...playlistTypes, vclt: 'audio/x-vclt; charset=utf-8' } as const
type Kind = PlaylistKind | 'vclt'

/** Splits `/live.mp3.vclt` into the path of a mount and the kind of playlist; undefined if it is not a playlist. */
export function playlistOf(path: string): { path: string; kind: Kind } | undefined {
  const [, mount, kind] = /^(\/.+)\.(m3u|pls|xspf|vclt)$/.exec(path) ?? []
  return mount !== undefined && isKind(kind) ? { path: mount, kind } : undefined
}

const isKind = (kind: string | undefined): kind is Kind => kind !== undefined && Object.hasOwn(types, kind)

export interface MountPlaylist {
  mount: Mount
  kind: Kind
  /** public URL of this server, without a path */
  base: string
  /** of the request: it may contain a listener's login */
  query: string
  /** stats of the mount; empty if nothing plays, since the mount may begin later */
  stats: Stats
}

/** The playlist of one mount: its type and text. */
export function originPlaylist({ mount, kind, base, query, stats }: MountPlaylist): {
  type: string
  text: string
} {
  const url = `${base}${printMount(mount)}${query}`
  if (kind === 'xspf') return { type: types.xspf, text: printXspf(url, stats) }
  if (kind === 'vclt') return { type: types.vclt, text: printVclt(url, stats) }
  return { type: types[kind], text: printPlaylist(kind, [url], oneLine(stats.server_name ?? mount)) }
}

/** One track with its stats, as in Icecast 2.4 (XSPF 1, §4.1.1.2.14). */
function printXspf(url: string, stats: Stats): string {
  const annotation = annotations
    .flatMap(([label, name]) => (stats[name] === undefined ? [] : [`${label}${stats[name]}`]))
    .join('\n')
  const element = (name: string, text: string | number | undefined) =>
    text === undefined || text === '' ? [] : [`      <${name}>${escapeMarkup(`${text}`)}</${name}>\n`]
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<playlist xmlns="http://xspf.org/ns/0/" version="1">\n',
    '  <title/>\n  <creator/>\n  <trackList>\n    <track>\n',
    ...element('location', url),
    ...element('creator', stats.artist),
    ...(stats.title === undefined ? ['      <title/>\n'] : element('title', stats.title)),
    ...element('annotation', annotation),
    ...element('info', stats.server_url),
    '    </track>\n  </trackList>\n</playlist>\n',
  ].join('')
}

const annotations = [
  ['Stream Title: ', 'server_name'],
  ['Stream Description: ', 'server_description'],
  ['Content Type:', 'server_type'],
  ['Current Listeners: ', 'listeners'],
  ['Peak Listeners: ', 'listener_peak'],
  ['Stream Genre: ', 'genre'],
] as const

/** A line `NAME=value` for each value, then `==`. */
function printVclt(url: string, stats: Stats): string {
  const lines: [string, string | number | undefined][] = [
    ['STREAMURL', url],
    ['ARTIST', stats.artist],
    ['TITLE', stats.title],
    ['SERVER_NAME', stats.server_name],
    ['DESCRIPTION', stats.server_description],
    ['SIGNALINFO', ''],
    ['GENRE', stats.genre],
  ]
  const known = lines.filter(([, value]) => value !== undefined)
  return `${known.map(([name, value]) => `${name}=${oneLine(value ?? '')}\n`).join('')}==\n`
}

/** Removes line ends, which would begin other lines of the playlist. */
const oneLine = (text: string | number) => `${text}`.replace(/[\r\n]+/g, ' ')
