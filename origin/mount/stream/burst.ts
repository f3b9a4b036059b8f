import type { OriginLimits } from '../../config/config.ts'
import type { MountSettings } from '../../config/mount-settings.ts'
import type { Burst } from '../../config/values.ts'

/** How much a mount holds for its listeners, and sends to new ones. */
export interface Sizes {
  /** bytes held, at least the burst */
  queueBytes: number
  /** bytes sent to a new listener, at most */
  burstBytes: number
}

/** The sizes in effect for a mount: its own settings before the server's, and a queue at least as long as the burst. */
export function sizesOf(settings: MountSettings, server: OriginLimits, kbps: number): Sizes {
  const burst = bytesOf(settings.burst ?? server.burst, kbps)
  return { queueBytes: Math.max(settings.queueBytes ?? server.queueBytes, burst), burstBytes: burst }
}

/** A burst in bytes; a burst given in seconds is converted by the stream's bitrate. */
const bytesOf = (burst: Burst, kbps: number): number =>
  'bytes' in burst ? burst.bytes : Math.round((burst.seconds * kbps * 1000) / 8)
