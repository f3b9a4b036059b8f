import type { OriginLimits } from '../../config/config.ts'
import type { MountSettings } from '../../config/mount-settings.ts'
import type { Burst } from '../../config/values.ts'
import { limits } from '../../limits.ts'

/** How much a mount holds for its listeners, and sends to new ones. */
export interface Sizes {
  /** bytes held for a listener that is behind, at least the burst */
  queueBytes: number
  /** bytes held although nobody lacks them, at least the burst */
  restBytes: number
  /** bytes sent to a new listener, at most */
  burstBytes: number
}

/** The sizes in effect for a mount: its own settings before the server's, and a queue at least as long as the burst. */
export function sizesOf(
  settings: MountSettings,
  server: OriginLimits,
  { kbps, isRelay, mounts }: Held,
): Sizes {
  const burstBytes = bytesOf(settings.burst ?? server.burst, kbps)
  const queueBytes = Math.max(settings.queueBytes ?? server.queueBytes, burstBytes)
  // a listener with metadata begins behind a block, which lies within one interval
  const least = Math.max(burstBytes + settings.metaintBytes, isRelay ? limits.relayHeldBytes : 0)
  const spare = limits.restBytes / Math.max(1, mounts)
  return { queueBytes, burstBytes, restBytes: Math.min(queueBytes, Math.max(least, spare)) }
}

/** What the bytes depend on that a mount holds for nobody. */
export interface Held {
  /** of the stream */
  kbps: number
  /** its feed is a relay, whose next connection has to be joined to what is held */
  isRelay: boolean
  /** mounts of the server, which share what is spare */
  mounts: number
}

/** A burst in bytes; a burst given in seconds is converted by the stream's bitrate. */
const bytesOf = (burst: Burst, kbps: number): number =>
  'bytes' in burst ? burst.bytes : Math.round((burst.seconds * kbps * 1000) / 8)
