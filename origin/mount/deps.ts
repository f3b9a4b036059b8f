import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import type { MountSettings } from '../config/mount-settings.ts'
import type { Timers } from '../lib/timers.ts'
import type { Load } from '../load.ts'
import type { IntroFiles } from '../media/intro-files.ts'

/** What the mounts of a server need. */
export interface MountsDeps {
  config: Pick<OriginConfig, 'limits'> & { paths?: { webroot: string | undefined } }
  /** what the operator says of a mount, now */
  settings: (name: Mount) => MountSettings
  load: Load
  nowMs: () => number
  timers: Timers
  /** ids of listeners, unlike each other for as long as the program runs */
  nextId: () => number
  /** what listeners hear first; left out: nothing */
  intros?: Pick<IntroFiles, 'of'>
  /** what a mount says of its stream has changed */
  onTold?: () => void
}
