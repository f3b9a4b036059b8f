/** ms since 1970 by a clock that never steps: the wall clock at the start of the program, and what has passed since. */
export const monotonicNowMs = (): number => performance.timeOrigin + performance.now()
