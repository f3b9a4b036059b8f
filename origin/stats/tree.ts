import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { OriginState } from '../state.ts'
import { serverStats } from './server-stats.ts'
import { idleStats, sourceStats, standInStats } from './source-stats.ts'
import type { Stats } from './stats.ts'

/** What the stats are made from. */
export interface StatsDeps {
  config: OriginConfig
  state: OriginState
  /** relays on demand that wait for their first listener */
  idle: () => readonly Mount[]
  /** the deciders that this server reports to, and whether each took the last report */
  deciders: () => readonly { url: string; isAnswering: boolean }[]
}

/** All that this server tells of itself and its mounts at one moment, mounts by name; the root of every rendering. */
export interface StatsTree {
  server: Stats
  mounts: ReadonlyMap<Mount, Stats>
}

/** What a listener would get who asks for a mount: its own feed, a relay's once somebody listens, or a fallback. */
type Served = 'live' | 'idle' | 'stand-in'

/** The mounts that are served here, by name; as in Icecast also those that wait, and those that a fallback serves. */
export function servedMounts({ config, state, idle }: StatsDeps): Map<Mount, Served> {
  const served = new Map<Mount, Served>(idle().map((name) => [name, 'idle']))
  for (const { name } of state.mounts.list()) served.set(name, 'live')
  for (const name of config.mounts.known)
    if (!served.has(name) && hasStandIn(state.mounts, name)) served.set(name, 'stand-in')
  return new Map([...served].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whether another mount plays for who asks for this one. Files may do so too, but are no mounts: Icecast tells none. */
function hasStandIn(mounts: OriginState['mounts'], name: Mount): boolean {
  const files: Mount[] = []
  let found = mounts.find(name)
  while (found?.kind === 'file') {
    files.push(found.name)
    found = mounts.find(name, files)
  }
  return found !== undefined
}

/** The whole tree, hidden mounts included: for the admin. */
export function statsTree(deps: StatsDeps): StatsTree {
  const { config, state } = deps
  const mounts = new Map<Mount, Stats>()
  for (const [name, served] of servedMounts(deps)) {
    const mount = state.mounts.get(name)
    if (mount) mounts.set(name, sourceStats(mount, config))
    else mounts.set(name, served === 'idle' ? idleStats(name, config) : standInStats(name, config))
  }
  return { server: serverStats(config, state), mounts }
}

/** What is left of these without hidden mounts: what everybody may know of. */
export const visible = <T>(
  mounts: ReadonlyMap<Mount, T>,
  config: Pick<OriginConfig, 'mounts'>,
): Map<Mount, T> => new Map([...mounts].filter(([name]) => !mountSettings(config, name).hidden))

/** That mount alone, where it is among them. */
export const only = (mounts: StatsTree['mounts'], asked: Mount | undefined): StatsTree['mounts'] =>
  new Map([...mounts].filter(([name]) => name === asked))
