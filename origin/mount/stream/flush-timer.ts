import type { Timers } from '../../lib/timers.ts'
import { limits } from '../../limits.ts'

/**
 * Flushes a mount repeatedly, with one timer per mount: the more listeners on the server, the longer the pause and the larger each write
 * (docs/protocol.md#performance). Returns a function that stops it.
 */
export function startFlushTimer(timers: Timers, listeners: () => number, flush: () => void): () => void {
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
