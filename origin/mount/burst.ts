import type { Burst } from '../config/values.ts'

/** What a mount holds for its listeners, and gives to new ones. */
export interface Sizes {
  /** bytes held, at least the burst */
  queueBytes: number
  /** bytes that a new listener gets at most */
  burstBytes: number
}

/** Bytes of a burst: of one in seconds as many as the stream has in them. */
export const burstBytes = (burst: Burst, kbps: number): number =>
  'bytes' in burst ? burst.bytes : Math.round((burst.seconds * kbps * 1000) / 8)
