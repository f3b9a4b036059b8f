import type { PublicMount } from '../../shared/api/json.ts'
import { type Mount, printMount } from '../../shared/mount.ts'

/** The track that plays on a mount, for web sites; null: not known. */
export interface NowPlaying {
  mount: Mount
  /** where to listen, at the edge */
  url: string
  /** the same by HLS; null: the mount has none */
  hls: string | null
  title: string | null
  artist: string | null
  name: string | null
  description: string | null
  genre: string | null
  site: string | null
  listeners: number
  /** ISO 8601: when the source connected */
  since: string | null
}

/** Readable by every web site, and cached for 2 s, so that pages that ask every second cost no more than others. */
export const nowPlayingHeaders = {
  'Cache-Control': 'public, max-age=2',
  'Access-Control-Allow-Origin': '*',
} as const

/** `GET /now`: the track of each public mount, by mount name. @param base the edge's address; without it, urls are paths */
export const nowPlaying = (mounts: readonly PublicMount[], base: string | undefined): NowPlaying[] =>
  mounts.map(({ mount, listeners, about, playlist }) => ({
    mount,
    url: `${base ?? ''}${printMount(mount)}`,
    hls: playlist === undefined ? null : `${base ?? ''}${playlist}`,
    title: about?.title ?? null,
    artist: about?.artist ?? null,
    name: about?.name ?? null,
    description: about?.description ?? null,
    genre: about?.genre ?? null,
    site: about?.site ?? null,
    listeners,
    since: about?.since ?? null,
  }))
