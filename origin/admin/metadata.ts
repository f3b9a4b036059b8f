import { isLoopback } from '../../shared/http/address.ts'
import { serverAgent } from '../../shared/version.ts'
import { mountSettings } from '../config/mount-settings.ts'
import { type Params, parseParams } from '../http/params.ts'
import type { ActiveMount } from '../mount/mount.ts'
import { response } from '../web/answers.ts'
import { type AdminAnswer, type AdminCall, required, runningMount } from './call.ts'

/**
 * `metadata?mode=updinfo&mount=/m&song=…` or `artist=…&title=…`, as encoders call it at each new title. A song takes the
 * place of artist and title. Text that names no charset is in the mount's, where the operator says one.
 *
 * As in Icecast 2.4, a source sets titles from the address that it plays from alone: its password may be known to more.
 */
export function updateMetadata(call: AdminCall): AdminAnswer {
  const mount = runningMount(call)
  if (required(call, 'mode') !== 'updinfo') return response('No such action', false)
  const params = parseParams(call.query, mountSettings(call.config, mount.name).charset)
  const mayUpdate = call.isAdmin || isSameMachine(call.address, mount.info.address)
  const refused = { answer: response('Mountpoint will not accept URL updates', true) }
  if (!mayUpdate) return { ...refused, why: 'the source plays from another address' }
  if (!setTitle(mount, params)) return { ...refused, why: `no title can be set in ${mount.contentType}` }
  return response('Metadata update successful', true)
}

/** One machine has two addresses for itself, and its programs take the one or the other. */
const isSameMachine = (a = '', b = '') => a === b || (isLoopback(a) && isLoopback(b))

/** False where the mount's format carries no title that we could set. */
export function setTitle(mount: ActiveMount, params: Params): boolean {
  const title = titleOf(params)
  if (!mount.isContainer) {
    // an update without a title changes nothing, and Icecast calls it successful
    if (title !== undefined) mount.setTitle({ title, url: params.get('url') || undefined })
    return true
  }
  return mount.retitle(commentsOf(params))
}

function titleOf(params: Params): string | undefined {
  const song = params.get('song')
  if (song !== undefined) return song
  const [artist, title] = [params.get('artist'), params.get('title')]
  // who names an artist and leaves the title empty has not said that nothing plays
  return artist && title ? `${artist} - ${title}` : title || artist || title
}

/** The same as comments of a Vorbis stream, where artist and title stand apart. */
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
