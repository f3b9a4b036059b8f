import type { Timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'

/**
 * Flushes a mount again and again, one timer a mount: the more listeners, the longer the pause and the bigger each write
 * (docs/protocol.md#performance). Returns the way to call it off.
 */
export function flushAgainAndAgain(timers: Timers, listeners: () => number, flush: () => void): () => void {
  const { flushMsMin, flushMsMax, crowd } = limits
  let isOn = true
  let cancel = () => {}
  const schedule = () => {
    const ms = Math.min(flushMsMax, Math.max(flushMsMin, (listeners() / crowd) * flushMsMax))
    cancel = timers.after(ms, () => {
      flush()
      if (isOn) schedule()
    })
  }
  schedule()
  return () => {
    isOn = false
    cancel()
  }
}
