import type { Heard } from './reporting.ts'

/**
 * Whether a server must not be sent a listener by what was last heard of it: stale, not up, or full by its own numbers
 * (docs/protocol.md#the-decision; S10). Said again here, in numbers, so that the decision does not judge itself.
 */
export function isForbidden(heard: Heard | undefined, mount: number, nowS: number): boolean {
  if (!heard) return true
  const { report, atS } = heard
  const { maxListeners = 0, listeners, maxBandwidth, bandwidth = 0 } = report
  const kbps = report.mounts[mount]?.kbps ?? 0
  const stale = nowS > atS + 2.5 * report.interval + 2 + 1e-6
  const full = listeners >= maxListeners || (maxBandwidth !== undefined && maxBandwidth - bandwidth < kbps)
  return stale || report.state !== 'up' || full
}
