import { isLoopback } from '../../shared/http/address.ts'
import { mountSettings } from '../config/mount-settings.ts'
import { parseParams } from '../http/params.ts'
import { setTitle } from '../source/set-title.ts'
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
