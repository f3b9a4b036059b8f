import { parse, setOptions, type types } from 'hls-parser'

// otherwise it only prints what is not legal
setOptions({ strictMode: true })

/** What other programs' parser reads from a media playlist; throws where it finds it not legal. */
export function readMediaPlaylist(text: string): types.MediaPlaylist {
  const playlist = parse(text)
  if (playlist.isMasterPlaylist) throw new Error('a multivariant playlist, expected a media playlist')
  return playlist as types.MediaPlaylist
}

/** The same for a multivariant playlist. */
export function readMultivariant(text: string): types.MasterPlaylist {
  const playlist = parse(text)
  if (!playlist.isMasterPlaylist) throw new Error('a media playlist, expected a multivariant playlist')
  return playlist as types.MasterPlaylist
}

/** The pathways of a multivariant playlist, in its order. */
export const parsePathways = (text: string): { id: string | undefined; url: string }[] =>
  [...text.matchAll(/^#EXT-X-STREAM-INF:(.*)\n(.*)$/gm)].map(([, attributes = '', url = '']) => ({
    id: /PATHWAY-ID="([^"]+)"/.exec(attributes)?.[1],
    url,
  }))
