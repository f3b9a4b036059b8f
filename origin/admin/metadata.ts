import { serverAgent } from '../../shared/version.ts'
import { takesIcy } from '../format/formats.ts'
import type { Mounts } from '../mount/mounts.ts'
import { type AdminContext, failed, result } from './answers.ts'
import { mountParam, parseParams } from './params.ts'

/**
 * `/admin/metadata?mode=updinfo&mount=/m&song=…` or `artist=…&title=…`, as encoders call it at each new title.
 * A song takes the place of artist and title; answers are Icecast 2.4's.
 */
export function updateMetadata(c: AdminContext, mounts: Mounts): Response {
  const params = parseParams(new URL(c.req.url).search)
  if (!params.has('mount')) return failed(c, 400, 'Unknown admin request')
  const name = mountParam(params)
  const mount = name && mounts.get(name)
  if (!mount) return failed(c, 400, 'Source does not exist')
  const mode = params.get('mode')
  if (mode === undefined) return failed(c, 400, 'Missing parameter')
  if (mode !== 'updinfo') return result(c, 'No such action', false)
  const title = titleOf(params)
  if (title === undefined) return failed(c, 400, 'Missing parameter')
  if (takesIcy(mount.contentType)) mount.setTitle({ title, url: params.get('url') || undefined })
  else if (!mount.retitle(commentsOf(params)))
    return result(c, 'Mountpoint will not accept URL updates', true)
  return result(c, 'Metadata update successful', true)
}

function titleOf(params: ReadonlyMap<string, string>): string | undefined {
  const song = params.get('song')
  if (song !== undefined) return song
  const [artist, title] = [params.get('artist'), params.get('title')]
  return artist && title ? `${artist} - ${title}` : (title ?? artist)
}

/** The same as comments of a Vorbis stream, where artist and title stand apart. */
function commentsOf(params: ReadonlyMap<string, string>): [string, string][] {
  const song = params.get('song')
  const told = {
    ARTIST: song === undefined ? params.get('artist') : undefined,
    TITLE: song ?? params.get('title'),
  }
  const comments: [string, string][] = [['SERVER', serverAgent]]
  for (const [name, value] of Object.entries(told)) if (value) comments.push([name, value])
  return comments
}
