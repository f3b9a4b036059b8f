import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import type { MountSettings } from '../config/mount-settings.ts'
import type { Timers } from '../lib/timers.ts'
import type { Load } from '../load.ts'
import type { IntroFiles } from '../media/intro-files.ts'

/** What this server's mounts need. */
export interface MountsDeps {
  config: Pick<OriginConfig, 'limits'> & { paths?: { webroot: string | undefined } }
  /** the operator's current settings for a mount */
  settings: (name: Mount) => MountSettings
  load: Load
  nowMs: () => number
  timers: Timers
  /** listeners by HLS, which count like the others; left out: none */
  sessions?: Record<'listeners' | 'joins' | 'bytesSent', (mount: Mount) => number>
  /** creates listener ids, unique while the program runs */
  nextId: () => number
  /** mounts that are playing; left out: one */
  mountCount?: () => number
  /** files that listeners hear first; left out: none */
  intros?: Pick<IntroFiles, 'of'>
  /** the mount's title or stream header has changed */
  onTold?: () => void
}
