import type { OriginState } from '../state.ts'
import { response } from './answers.ts'
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
    return response(active ? 'Draining: no new listeners' : 'Taking listeners', true)
  }

/** Every command below `/admin/` by its name, as Icecast 2.4 has them; `drain` and `undrain` are ours. */
export const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    stats: { mount: 'optional', run: stats },
    listmounts: { mount: 'none', run: listMounts },
    streamlist: { mount: 'none', run: listMounts },
    listclients: { mount: 'required', run: listClients },
    killclient: { mount: 'required', run: killClient, changes: true },
    killsource: { mount: 'required', run: killSource, changes: true },
    moveclients: { mount: 'required', run: moveClients, changes: true },
    fallbacks: { mount: 'required', run: setFallback, changes: true },
    manageauth: { mount: 'required', run: manageUsers, changes: true },
    metadata: { mount: 'required', run: updateMetadata, changes: true },
    updatemetadata: { mount: 'required', run: titleForm },
    drain: { mount: 'none', run: drain(true), changes: true },
    undrain: { mount: 'none', run: drain(false), changes: true },
  } satisfies Record<string, Command>),
)
