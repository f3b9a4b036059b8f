import { isLoopback } from '../../shared/http/address.ts'
import { mountSettings } from '../config/mount-settings.ts'
import { parseParams } from '../http/params.ts'
import { setTitle } from '../source/set-title.ts'
import { response } from '../web/answers.ts'
import { type AdminAnswer, type AdminCall, required, runningMount } from './call.ts'

/**
 * `metadata?mode=updinfo&mount=/m&song=…` or `artist=…&title=…`, which encoders call for each new title. `song` overrides
 * artist and title. Text without a charset is in the configured charset of the mount, if there is one.
 *
 * As in Icecast 2.4, a source can set titles only from the address that it plays from: others may know its password.
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

/** Whether two addresses are one machine: it has two loopback addresses, and programs use one or the other. */
const isSameMachine = (a = '', b = '') => a === b || (isLoopback(a) && isLoopback(b))
