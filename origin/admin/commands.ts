import type { OriginState } from '../state.ts'
import { response } from '../web/answers.ts'
import type { Command } from './call.ts'
import { killClient, listClients } from './listeners.ts'
import { updateMetadata } from './metadata.ts'
import { killSource, listMounts, moveClients, setFallback, titleForm } from './mounts.ts'
import { stats } from './stats.ts'
import { manageUsers } from './users.ts'

const drain =
  (active: boolean) =>
  ({ state }: { state: Pick<OriginState, 'drain'> }) => {
    state.drain.set(active)
    return response(active ? 'Draining: no new listeners' : 'Accepting listeners', true)
  }

const always = () => true

/** Every command below `/admin/` by its name, as in Icecast 2.4; `drain` and `undrain` are ours. */
export const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    stats: { mount: 'optional', run: stats },
    listmounts: { mount: 'none', run: listMounts },
    streamlist: { mount: 'none', run: listMounts },
    listclients: { mount: 'required', run: listClients },
    killclient: { mount: 'required', run: killClient, changes: always },
    killsource: { mount: 'required', run: killSource, changes: always },
    moveclients: { mount: 'required', run: moveClients, changes: (params) => params.has('destination') },
    fallbacks: { mount: 'required', run: setFallback, changes: always },
    manageauth: { mount: 'required', run: manageUsers, changes: (params) => params.has('action') },
    metadata: { mount: 'required', run: updateMetadata, changes: always },
    updatemetadata: { mount: 'required', run: titleForm },
    drain: { mount: 'none', run: drain(true), changes: always },
    undrain: { mount: 'none', run: drain(false), changes: always },
  } satisfies Record<string, Command>),
)
