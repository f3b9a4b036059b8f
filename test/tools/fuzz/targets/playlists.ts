import { deepStrictEqual } from 'node:assert/strict'
import { parsePlaylist } from '../../../../edge/listener/playlist.ts'
import { readMirrored } from '../../../../shared/hls/mirrored-playlist.ts'
import {
  hlsPath,
  multivariantPath,
  parseHlsPath,
  parseMultivariantPath,
} from '../../../../shared/hls/paths.ts'
import { pathwayOf, serverOfPathway } from '../../../../shared/hls/pathway.ts'
import { sessionOf } from '../../../../shared/hls/session.ts'
import { passedOn, withQuery } from '../../../../shared/hls/urls.ts'
import { printPlaylist } from '../../../../shared/http/playlist.ts'
import { parseMount, printMount } from '../../../../shared/mount.ts'
import { latin1Of, type Target, textOf } from '../target.ts'

/** A slave passes on only what it knows, and read again that is the same. */
export const mirrored: Target = {
  name: 'm3u8',
  about:
    "masters' media playlists: what a slave passes on, it would accept again; queries are where segments are",
  files: 'shared/hls/',
  tokens: [
    '#EXTM3U\n',
    '#EXT-X-VERSION:3\n',
    '#EXT-X-TARGETDURATION:4\n',
    '#EXT-X-MEDIA-SEQUENCE:1\n',
    '#EXTINF:4,\n',
    '17.mp3\n',
    '1.m4s\n',
    '#EXT-X-MAP:URI="init-1.mp4"\n',
    '#EXT-X-DISCONTINUITY\n',
    '#EXT-X-KEY:METHOD=NONE\n',
    '#EXT-X-ENDLIST\n',
    '\n',
    'http://evil/',
    '?',
  ],
  read: (input) => void readMirrored(textOf(input)),
  check(input) {
    const text = textOf(input)
    const playlist = readMirrored(text)
    if (!playlist) return
    deepStrictEqual(playlist.textFor(''), text, 'passed on without a query')
    const lines = playlist.textFor('?s=a').split('\n')
    const without = lines.filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith('?s=a'))
    deepStrictEqual(without, [], 'segments without the query')
    if (/:\/\/|\r/.test(text.replace(/^#.*$/gm, '').replaceAll('\n', '')))
      throw new Error('a segment of another server')
  },
}

/** A path or a query: what is named by it is printed as one that names the same. */
export const paths: Target = {
  name: 'paths',
  about:
    'paths of mounts, playlists (m3u, pls, xspf) and HLS, sessions and pathways: printed and parsed again, the same',
  files: 'shared/',
  tokens: [
    '/hls/',
    '/live.mp3',
    '.m3u8',
    '.m3u',
    '.pls',
    '.xspf',
    '/media.m3u8',
    '/steering.json',
    '/17.mp3',
    '/init-3.mp4',
    '%2f',
    '%25',
    '%C3%BC',
    '//',
    '/..',
    '?s=',
    '&',
    '_5f',
    'edge',
  ],
  read: (input) =>
    void [parseMount(latin1Of(input)), parseHlsPath(latin1Of(input)), parsePlaylist(latin1Of(input))],
  check(input) {
    const text = latin1Of(input)
    const mount = parseMount(text)
    if (mount !== undefined) {
      deepStrictEqual(parseMount(printMount(mount)), mount, 'the mount')
      deepStrictEqual(parseMultivariantPath(multivariantPath(mount)), mount, 'its multivariant playlist')
      for (const kind of ['m3u', 'pls', 'xspf'] as const) {
        deepStrictEqual(parsePlaylist(`${printMount(mount)}.${kind}`), { mount, kind }, 'its playlist')
        if (printPlaylist(kind, [printMount(mount)], mount).split(/[\r\n]+/).length > 12)
          throw new Error('a line too many')
      }
    }
    const hls = parseHlsPath(text)
    if (hls) deepStrictEqual(parseHlsPath(hlsPath(hls.mount, hls.object)), hls, 'the object of HLS')
    const server = serverOfPathway(text)
    if (server !== undefined) deepStrictEqual(pathwayOf(server), text, 'the pathway')
    if (/^[\x21-\x7e]+$/.test(text))
      deepStrictEqual(serverOfPathway(pathwayOf(text)), text, 'the server of its pathway')
    const session = sessionOf(text)
    if (session !== undefined) deepStrictEqual(sessionOf(`?a=b&s=${session}`), session, 'the session')
    const passed = passedOn(text)
    deepStrictEqual(passedOn(withQuery('', passed)), passed, 'the query that is passed on')
  },
}
