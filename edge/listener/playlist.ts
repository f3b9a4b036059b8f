import { offAirMs } from '../../shared/draw/absence.ts'
import { urlAt } from '../../shared/draw/pool/pool.ts'
import { locationOf, mountHeaders } from '../../shared/draw/redirect.ts'
import type { View } from '../../shared/draw/view.ts'
import type { Whereabouts } from '../../shared/geo.ts'
import type { Family } from '../../shared/http/address.ts'
import {
  type PlaylistKind,
  parsePlaylistPath,
  playlistTypes,
  printPlaylist,
} from '../../shared/http/playlist.ts'
import { type Mount, parseMount, printMount } from '../../shared/mount.ts'

/** direct URLs in a playlist (docs/protocol.md#requests-to-an-edge): enough for a player that tries them in turn, few enough for a small screen */
const directUrlsMax = 5

/** A playlist that was requested: its mount and its format. */
export interface WantedPlaylist {
  mount: Mount
  kind: PlaylistKind
}

/** Reads `/live.mp3.m3u`, `.pls` or `.xspf`; undefined if it is not the playlist of a public mount that a server reported lately. */
export function parseWantedPlaylist(path: string, view: View, nowMs: number): WantedPlaylist | undefined {
  const wanted = parsePlaylist(path)
  if (!wanted || !view.isKnown(wanted.mount, nowMs) || view.mounts.get(wanted.mount)?.isPrivate)
    return undefined
  return wanted
}

/** The same for any mount, known or not. */
export function parsePlaylist(path: string): WantedPlaylist | undefined {
  const parsed = parsePlaylistPath(path)
  const mount = parsed && parseMount(parsed.path)
  return mount && { mount, kind: parsed.kind }
}

/** The facts that decide which URLs a playlist has. */
export interface PlaylistRequest {
  query: string
  secure: boolean
  /** of the listener's address */
  family: Family | undefined
  httpsOnly: boolean
  /** the edge's own address, without a path; undefined: the URL is the path alone */
  base: string | undefined
  from: Whereabouts | undefined
  /** it is a HEAD: the answer has headers only */
  head: boolean
}

/**
 * Answers with a playlist: the edge's own URL first, so that a player that can follow a redirect is balanced, then
 * direct URLs for those that cannot, drawn by weight without repeats.
 */
export function answerPlaylist(
  view: View,
  { mount, kind }: WantedPlaylist,
  request: PlaylistRequest,
  nowMs: number,
  roll: () => number,
): Response {
  const own = locationOf(`${request.base ?? ''}${printMount(mount)}`, request.query)
  const urls = [own, ...directUrls(view, mount, request, nowMs, roll)]
  const name = view.about(mount, nowMs)?.name ?? mount
  const title = offAirMs(view, mount, nowMs) === undefined ? name : `${name} (off air)`
  return new Response(request.head ? null : printPlaylist(kind, urls, title), {
    headers: { ...mountHeaders, 'Content-Type': playlistTypes[kind] },
  })
}

function directUrls(
  view: View,
  mount: Mount,
  request: PlaylistRequest,
  nowMs: number,
  roll: () => number,
): string[] {
  const draw = (secure: boolean) =>
    view
      .pool(mount, secure, request.family)
      ?.drawSeveral(nowMs, roll, directUrlsMax, request.from?.country) ?? []
  const near = draw(request.secure)
  const drawn = near.length === 0 && request.secure && !request.httpsOnly ? draw(false) : near
  return drawn.map((each) => locationOf(urlAt(each, mount), request.query))
}
