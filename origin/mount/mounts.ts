import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config.ts'
import type { Load } from '../load.ts'
import type { Feed, FeedInfo } from './feed.ts'
import type { LiveMount } from './live-mount.ts'

export interface MountsDeps {
  limits: OriginConfig['limits']
  load: Load
  nowMs: () => number
}

/** The mounts of this server by name. */
export class Mounts {
  constructor(_deps: MountsDeps) {}

  get(_name: Mount): LiveMount | undefined {
    return undefined
  }

  list(): LiveMount[] {
    return []
  }

  /** Begins a feed; `in use` where another feed holds the mount and may not be taken over. */
  open(_name: Mount, _info: FeedInfo): Feed | 'in use' {
    return 'in use'
  }

  /** Calls back when a mount came, went, or changed what a report says of it other than counts. */
  onChange(_listener: () => void): void {}
}
