import type { PublicMount } from '../../shared/api/json.ts'
import { type Mount, printMount } from '../../shared/mount.ts'

/** What plays on a mount, as a web site shows it; null: nobody said. */
export interface NowPlaying {
  mount: Mount
  /** where to listen, at the edge */
  url: string
  title: string | null
  artist: string | null
  name: string | null
  description: string | null
  genre: string | null
  site: string | null
  listeners: number
  /** ISO 8601: when the source began */
  since: string | null
}

/** For every web site, and for 2 s: a page that asks each second costs nobody more than one that does not. */
export const nowPlayingHeaders = {
  'Cache-Control': 'public, max-age=2',
  'Access-Control-Allow-Origin': '*',
} as const

/** `GET /now`: what plays on each public mount, by name. @param base the edge's address; without it urls are paths */
export const nowPlaying = (mounts: readonly PublicMount[], base: string | undefined): NowPlaying[] =>
  mounts.map(({ mount, listeners, about }) => ({
    mount,
    url: `${base ?? ''}${printMount(mount)}`,
    title: about?.title ?? null,
    artist: about?.artist ?? null,
    name: about?.name ?? null,
    description: about?.description ?? null,
    genre: about?.genre ?? null,
    site: about?.site ?? null,
    listeners,
    since: about?.since ?? null,
  }))
