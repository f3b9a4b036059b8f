import type { OriginLimits } from '../../../origin/config/config.ts'

const usual: OriginLimits = {
  maxListeners: 10_000,
  sources: 16,
  queueBytes: 512_000,
  burst: { bytes: 65_536 },
  headerTimeoutMs: 15_000,
  sourceTimeoutMs: 10_000,
  maxBandwidthKbps: undefined,
}

/** The limits of an origin that is configured with nothing but these: room for all that a test connects. */
export const limitsWith = (said: Partial<OriginLimits> = {}): OriginLimits => ({ ...usual, ...said })
