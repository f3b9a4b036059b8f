import type { Mount } from '../../shared/mount.ts'
import type { Fallback } from '../config/mount-settings.ts'
import { limits } from '../limits.ts'
import type { ActiveMount } from './mount.ts'

/** What plays when a mount is requested: a running mount, one that must be started first, or a file in the webroot. */
export type Found =
  | { kind: 'live'; mount: ActiveMount }
  | { kind: 'idle'; name: Mount }
  | { kind: 'file'; name: Mount }

/** Looks up mounts, files and fallbacks. */
export interface Findable {
  live: (name: Mount) => ActiveMount | undefined
  /** whether a relay would run if somebody listened */
  isIdle: (name: Mount) => boolean
  isFile: (name: Mount) => boolean
  fallbackOf: (name: Mount) => Fallback | undefined
}

const isFull = ({ listeners, maxListeners }: ActiveMount) =>
  maxListeners !== null && listeners >= maxListeners

/**
 * Follows a mount's fallbacks, through ten mounts at most including the mount itself, to the first that runs or would
 * run if somebody listened. Two kinds of mount are used only if no other is found: a full mount whose
 * `fallback-when-full` is set, and a fallback whose master is lost. The mount itself never resolves to a file: a
 * request for a file by its name gets the file directly.
 * @param failed names that could not be started
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
