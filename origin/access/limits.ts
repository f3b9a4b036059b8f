/** Bounds of access control, each with its unit and its reason; those of `origin/limits.ts` are the server's. */
export const accessLimits = {
  /** rounds of a SHA-crypt hash: some 0.6 s of work, in turns; crypt(3) itself takes 5,000 where nothing is said */
  hashRoundsMax: 200_000,
} as const
