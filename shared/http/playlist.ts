import { escapeMarkup } from '../escape-markup.ts'
/** The playlists of a mount, for players that do not follow a redirect. */
export const playlistTypes = {
  m3u: 'audio/x-mpegurl; charset=utf-8',
  pls: 'audio/x-scpls; charset=utf-8',
  xspf: 'application/xspf+xml; charset=utf-8',
} as const

export type PlaylistKind = keyof typeof playlistTypes

/** Splits `/live.mp3.m3u` into the mount's path and the kind of playlist; undefined if it is not the path of a playlist. */
export function parsePlaylistPath(path: string): { path: string; kind: PlaylistKind } | undefined {
  const [, mount, kind] = /^(\/.+)\.(m3u|pls|xspf)$/.exec(path) ?? []
  return mount !== undefined && isKind(kind) ? { path: mount, kind } : undefined
}

const isKind = (kind: string | undefined): kind is PlaylistKind => kind !== undefined && kind in playlistTypes

const printers: Record<PlaylistKind, (urls: readonly string[], title: string) => string> = {
  m3u: (urls) => urls.map((url) => `${url}\r\n`).join(''),
  pls: (urls, title) =>
    [
      '[playlist]',
      `NumberOfEntries=${urls.length}`,
      ...urls.flatMap((url, i) => [`File${i + 1}=${url}`, `Title${i + 1}=${title}`, `Length${i + 1}=-1`]),
      'Version=2',
      '',
    ].join('\r\n'),
  xspf: (urls, title) =>
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<playlist version="1" xmlns="http://xspf.org/ns/0/">',
      `  <title>${escapeMarkup(title)}</title>`,
      '  <trackList>',
      ...urls.map((url) => `    <track><location>${escapeMarkup(url)}</location></track>`),
      '  </trackList>',
      '</playlist>',
      '',
    ].join('\n'),
}

/** A playlist of these absolute URLs, in this order; `title` is a single line. */
export const printPlaylist = (kind: PlaylistKind, urls: readonly string[], title: string): string =>
  printers[kind](urls, title)
