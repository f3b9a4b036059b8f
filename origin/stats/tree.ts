import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { OriginState } from '../state.ts'
import { serverStats } from './server-stats.ts'
import { idleStats, sourceStats, standInStats } from './source-stats.ts'
import type { Stats } from './stats.ts'

/** Dependencies of the stats. */
export interface StatsDeps {
  config: OriginConfig
  state: OriginState
  /** relays on demand that wait for their first listener */
  idle: () => readonly Mount[]
  /** the deciders that this server reports to, and whether each accepted the last report */
  deciders: () => readonly { url: string; isAnswering: boolean }[]
}

/** All stats of the server and its mounts at one moment; every format is rendered from it. */
export interface StatsTree {
  server: Stats
  mounts: ReadonlyMap<Mount, Stats>
}

/** The mounts that are served here, sorted; as in Icecast, waiting relays and mounts with a running fallback are included. */
export function servedMounts({ config, state, idle }: StatsDeps): Mount[] {
  const fed = new Set([...state.mounts.list().map(({ name }) => name), ...idle()])
  const stoodIn = config.mounts.known.filter((name) => !fed.has(name) && hasStandIn(state.mounts, name))
  return [...fed, ...stoodIn].sort()
}

/** Whether another mount plays for listeners of this one. A file may do so too, but is not a mount, and Icecast omits it. */
function hasStandIn(mounts: OriginState['mounts'], name: Mount): boolean {
  const files: Mount[] = []
  let found = mounts.find(name)
  while (found?.kind === 'file') {
    files.push(found.name)
    found = mounts.find(name, files)
  }
  return found !== undefined
}

/** The stats of the server, and of those of the mounts that are served here; by default of all, hidden ones included. */
export function statsTree(deps: StatsDeps, names: readonly Mount[] = servedMounts(deps)): StatsTree {
  const { config, state } = deps
  const idle = new Set(deps.idle())
  const known = new Set(config.mounts.known)
  const mounts = new Map<Mount, Stats>()
  for (const name of names) {
    const mount = state.mounts.get(name)
    if (mount) mounts.set(name, sourceStats(mount, config))
    else if (idle.has(name)) mounts.set(name, idleStats(name, config))
    else if (known.has(name) && hasStandIn(state.mounts, name)) mounts.set(name, standInStats(name, config))
  }
  return { server: serverStats(config, state), mounts }
}

/** Whether a mount is public. */
export const isVisible =
  (config: Pick<OriginConfig, 'mounts'>) =>
  (name: Mount): boolean =>
    !mountSettings(config, name).hidden
