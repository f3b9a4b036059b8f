import { hlsLimits } from '../../shared/hls/limits.ts'

/** target durations for which the oldest segment that a player begins with stays listed: until it has loaded the playlist and that segment */
const spareTargets = 2

/**
 * s before the end of a playlist at which players should begin (`EXT-X-START`, RFC 8216 §4.3.5.2), where listeners are steered; undefined:
 * where they begin by themselves, at three target durations. Players such as video.js leave a server that died only when they next ask where
 * to go on: they begin earlier by that wait.
 */
export function behindSeconds(targetSeconds: number, windowSeconds: number): number | undefined {
  const { ttlSeconds, ttlJitter, windowTargetsMin } = hlsLimits
  const usual = windowTargetsMin * targetSeconds
  const wanted = usual + Math.round(ttlSeconds * (1 + ttlJitter))
  const seconds = Math.min(wanted, windowSeconds - spareTargets * targetSeconds)
  return seconds > usual ? seconds : undefined
}
