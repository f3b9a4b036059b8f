import type { Mount } from '../../shared/mount.ts'
import type { Fallback } from '../config/mount-settings.ts'
import { limits } from '../limits.ts'
import type { ActiveMount } from './mount.ts'

/** What plays when somebody asks for a mount: a feed, one that has to be begun, or a file below the webroot. */
export type Found =
  | { kind: 'live'; mount: ActiveMount }
  | { kind: 'idle'; name: Mount }
  | { kind: 'file'; name: Mount }

/** What there is to find. */
export interface Findable {
  live: (name: Mount) => ActiveMount | undefined
  /** whether a relay would run, if somebody listened */
  isIdle: (name: Mount) => boolean
  isFile: (name: Mount) => boolean
  fallbackOf: (name: Mount) => Fallback | undefined
}

const isFull = ({ listeners, maxListeners }: ActiveMount) =>
  maxListeners !== null && listeners >= maxListeners

/**
 * Follows a mount's fallbacks, looking at ten mounts at most, itself among them: the first that runs, or would if somebody
 * listened. Passed over, and found all the same where nothing else is, are a full one whose `fallback-when-full` says so
 * and a fallback whose master is lost. The mount itself is never taken for a file: who asks for a file by its name gets
 * the file.
 * @param failed names that could not be begun
 */
export function find(
  name: Mount,
  { live, isIdle, isFile, fallbackOf }: Findable,
  failed: readonly Mount[],
): Found | undefined {
  let poor: Found | undefined
  let at: Mount | undefined = name
  for (let hop = 0; hop < limits.mountsTriedMax && at !== undefined; hop++) {
    const mount = live(at)
    const fallback = fallbackOf(at)
    if (mount) {
      const found: Found = { kind: 'live', mount }
      const isLost = hop > 0 && mount.interruptedAtMs !== undefined
      if (!isLost && !(fallback?.whenFull && isFull(mount))) return found
      poor ??= found
    } else if (!failed.includes(at) && isIdle(at)) return { kind: 'idle', name: at }
    else if (hop > 0 && !failed.includes(at) && isFile(at)) return { kind: 'file', name: at }
    at = fallback?.mount
  }
  return poor
}

/** The names of a mount's fallbacks, as far as they are followed. */
export function fallbacksOf(name: Mount, fallbackOf: Findable['fallbackOf']): Mount[] {
  const names = new Set<Mount>()
  let at = fallbackOf(name)?.mount
  for (let hop = 0; hop < limits.mountsTriedMax && at !== undefined && !names.has(at); hop++) {
    names.add(at)
    at = fallbackOf(at)?.mount
  }
  names.delete(name)
  return [...names]
}
