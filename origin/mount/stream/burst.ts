import type { OriginLimits } from '../../config/config.ts'
import type { MountSettings } from '../../config/mount-settings.ts'
import type { Burst } from '../../config/values.ts'

/** What a mount holds for its listeners, and gives to new ones. */
export interface Sizes {
  /** bytes held, at least the burst */
  queueBytes: number
  /** bytes that a new listener gets at most */
  burstBytes: number
}

/** What holds for a mount: its own settings before the server's, and no queue that is shorter than the burst. */
export function sizesOf(settings: MountSettings, server: OriginLimits, kbps: number): Sizes {
  const burst = bytesOf(settings.burst ?? server.burst, kbps)
  return { queueBytes: Math.max(settings.queueBytes ?? server.queueBytes, burst), burstBytes: burst }
}

/** Bytes of a burst: of one in seconds as many as the stream has in them. */
const bytesOf = (burst: Burst, kbps: number): number =>
  'bytes' in burst ? burst.bytes : Math.round((burst.seconds * kbps * 1000) / 8)
