/** Timers, which tests replace. Each method returns a function that cancels the call. */
export interface Timers {
  after(ms: number, call: () => void): () => void
  /** after everything that waits for the event loop now has had its turn */
  soon(call: () => void): () => void
}

/** The timers of the runtime; a timer alone does not keep the program alive. */
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
