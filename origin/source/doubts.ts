import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { rootMount } from '../lib/root-mount.ts'

type Role = Pick<OriginConfig, 'masters' | 'sourcePassword' | 'edges' | 'mounts'>

/** Why no encoder can log in here, or why this is hardly the server that it was meant for; undefined: the login is just wrong. */
export function whySourceFails({ masters, sourcePassword, mounts }: Role): string | undefined {
  const [master] = masters
  if (master) return `this server is a relay: sources connect to the master that ${master.url} is or names`
  if (sourcePassword === undefined && !mounts.takesSources) return 'no source password is set here'
  return undefined
}

/** Why listeners are not redirected to a source that is accepted here; undefined: they are. */
export function whyUnheard(mount: Mount, { masters, edges }: Role): string | undefined {
  const [master] = masters
  if (master)
    return `this server is a relay, and reports what it relays alone: sources connect to the master that ${master.url} is or names`
  if (mount === rootMount && edges.length > 0)
    return 'an edge has its own page at /, and redirects nobody there: give the encoder a mount with a name'
  return undefined
}
