const startedAtMs = performance.timeOrigin

/** ms since 1970 by a clock that never steps: the wall clock when the program started, plus the time since then. */
export const monotonicNowMs = (): number => startedAtMs + performance.now()
