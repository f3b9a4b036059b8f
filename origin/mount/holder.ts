import type { Mount } from '../../shared/mount.ts'
import type { ActiveMount } from './mount.ts'

/** Where a mount is held by its name, as far as its feed has to know. */
export interface MountHolder {
  /** Ends a mount from outside; false where there is none of that name. */
  kill(name: Mount, why: string): boolean
  /** Lets a mount go whose feed has ended. */
  remove(mount: ActiveMount): void
  /** A mount came, went, or changed what a report says of it other than counts. */
  changed(): void
}
