import { type HlsObject, parseHlsPath, parseMultivariantPath } from '../../shared/hls/paths.ts'
import type { Mount } from '../../shared/mount.ts'
import type { Head } from '../http/head.ts'
import { parseOriginMount, rootMount } from '../lib/root-mount.ts'
import { playlistOf } from '../web/playlists.ts'

/** The handler of a request. */
export type Route =
  | { to: 'source'; mount: Mount }
  /** a source on a path that is reserved for the server or an edge, or that is not the name of a mount */
  | { to: 'reserved'; status: 400 | 403; text: string }
  | { to: 'listener'; mount: Mount }
  | { to: 'preflight' }
  /** `/admin.cgi`, by which Shoutcast sources set titles */
  | { to: 'titles' }
  | { to: 'app' }
  /** a media playlist or a segment of HLS; undefined: no such object can be */
  | { to: 'hls'; asked: { mount: Mount; object: HlsObject } | undefined }
  /** a file, or else a multivariant playlist of HLS */
  | { to: 'multivariant'; mount: Mount }
  /** a file, or else a generated playlist */
  | { to: 'playlist' }
  /** Icecast's stats feed, whatever the path */
  | { to: 'stats' }
  | { to: 'refusal'; status: 400 | 405; text: string }

/** Paths of pages and of the admin, which cannot be mounts. `/` is a page unless a source feeds it. */
const isOwnPath = (path: string) =>
  path === '/healthz' || path === '/metrics' || path.endsWith('.xsl') || isApiPath(path)
const isApiPath = (path: string) => /^\/(admin|api)(\/|$)/.test(path)

const isHlsPath = (path: string) => path.startsWith('/hls/')

/** Paths that no source may feed: our own, those of an edge, and those that other programs use for streams. */
const isReserved = (path: string) =>
  isOwnPath(path) || path === '/now' || path === '/admin.cgi' || isHlsPath(path) || path === '/hls'

/** Whether a request is from a source: forms of the admin use POST too. */
export const isOfSource = ({ method, path }: Pick<Head, 'method' | 'path'>): boolean =>
  method === 'SOURCE' || method === 'PUT' || (method === 'POST' && !isApiPath(path) && path !== '/admin.cgi')

const isRead = (method: string) => method === 'GET' || method === 'HEAD'

/** The route of an object of HLS: where somebody listens by HLS, nearly all requests are such. */
function hlsRouteOf({ method, path }: Pick<Head, 'method' | 'path'>): Route | undefined {
  if (!isHlsPath(path) || !isRead(method)) return undefined
  const asked = parseHlsPath(path)
  return asked || !isOwnPath(path) ? { to: 'hls', asked } : undefined
}

/**
 * Routes a request by its method and path.
 * @param isLive whether a mount of that name has a feed: then the path is not a playlist
 */
export function routeOf({ method, path }: Head, isLive: (mount: Mount) => boolean): Route {
  const hls = hlsRouteOf({ method, path })
  if (hls) return hls
  if (method === 'OPTIONS') return { to: 'preflight' }
  if (method === 'STATS') return { to: 'stats' }
  const isSource = isOfSource({ method, path })
  if (isSource && isReserved(path))
    return {
      to: 'reserved',
      status: 403,
      text: `${path} is reserved by the server, use another mount`,
    }
  if (path === '/admin.cgi') return { to: 'titles' }
  if (isOwnPath(path)) return { to: 'app' }
  const mount = parseOriginMount(path)
  if (isSource && mount) return { to: 'source', mount }
  if (mount === rootMount && !isLive(mount)) return { to: 'app' }
  if (!isSource && !isRead(method))
    return {
      to: 'refusal',
      status: 405,
      text: `the method is ${method}, expected GET, HEAD, PUT, SOURCE or OPTIONS`,
    }
  if (!mount)
    return {
      to: isSource ? 'reserved' : 'refusal',
      status: 400,
      text: 'the path is not the name of a mount',
    }
  const packaged = parseMultivariantPath(path)
  if (packaged && !isLive(mount)) return { to: 'multivariant', mount: packaged }
  if (playlistOf(path) !== undefined && !isLive(mount)) return { to: 'playlist' }
  return { to: 'listener', mount }
}
