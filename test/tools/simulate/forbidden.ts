import type { Heard } from './reporting.ts'

/**
 * Whether a server must not get a listener, by its last report: stale (unless the deciders hear nobody), not up, or full by its own numbers
 * (docs/protocol.md#the-decision; S10). Implemented here a second time, so that the decision is not tested against itself.
 */
export function isForbidden(
  heard: Heard | undefined,
  mount: number,
  nowS: number,
  isExcused = false,
): boolean {
  if (!heard) return true
  const { report, atS } = heard
  const { maxListeners = 0, listeners, maxBandwidth, bandwidth = 0 } = report
  const kbps = report.mounts.at(mount)?.kbps ?? 0
  const stale = !isExcused && nowS > atS + 2.5 * report.interval + 2 + 1e-6
  const full = listeners >= maxListeners || (maxBandwidth !== undefined && maxBandwidth - bandwidth < kbps)
  return stale || report.state !== 'up' || full
}
