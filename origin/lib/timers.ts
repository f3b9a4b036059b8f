/** Ways to be called later; tests hand in their own. Each returns the way to call it off. */
export interface Timers {
  after(ms: number, call: () => void): () => void
  /** once everything that waits for the processor now has had its turn */
  soon(call: () => void): () => void
}

/** The runtime's; a timer alone does not keep the program alive. */
export const runtimeTimers: Timers = {
  after(ms, call) {
    const timer = setTimeout(call, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
  soon(call) {
    const immediate = setImmediate(call)
    return () => clearImmediate(immediate)
  },
}
