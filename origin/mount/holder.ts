import type { Mount } from '../../shared/mount.ts'
import type { ActiveMount } from './mount.ts'

/** The collection that holds a mount, as far as its feed needs to know it. */
export interface MountHolder {
  /** Ends a mount from outside; false if there is none of that name. */
  kill(name: Mount, why: string): boolean
  /** Removes a mount whose feed has ended. */
  remove(mount: ActiveMount): void
  /** A mount started, ended, or changed in what a report says about it, except counts. */
  changed(): void
}
