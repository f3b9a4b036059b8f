import type { Burst } from '../config/values.ts'

/** Bytes of a burst: of one in seconds as many as the stream has in them, once its rate is known. */
export const burstBytes = (burst: Burst, kbps: number): number =>
  'bytes' in burst ? burst.bytes : Math.round((burst.seconds * kbps * 1000) / 8)
