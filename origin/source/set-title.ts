import { serverAgent } from '../../shared/version.ts'
import type { Params } from '../http/params.ts'
import type { ActiveMount } from '../mount/mount.ts'

/** Sets the title; false if the mount has a format whose titles this server cannot set. */
export function setTitle(mount: ActiveMount, params: Params): boolean {
  const title = titleOf(params)
  if (!mount.isContainer) {
    // an update without a title changes nothing, and Icecast answers that it was successful
    if (title !== undefined) mount.setTitle({ title, url: params.get('url') || undefined })
    return true
  }
  return mount.retitle(commentsOf(params))
}

function titleOf(params: Params): string | undefined {
  const song = params.get('song')
  if (song !== undefined) return song
  const [artist, title] = [params.get('artist'), params.get('title')]
  // an artist with an empty title does not mean that nothing plays
  return artist && title ? `${artist} - ${title}` : title || artist || title
}

/** The title as comments of a Vorbis stream, where artist and title are separate. */
function commentsOf(params: Params): [string, string][] {
  const song = params.get('song')
  const told = {
    ARTIST: song === undefined ? params.get('artist') : undefined,
    TITLE: song ?? params.get('title'),
  }
  const comments: [string, string][] = [['SERVER', serverAgent]]
  for (const [name, value] of Object.entries(told)) if (value) comments.push([name, value])
  return comments
}
