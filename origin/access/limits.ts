/** Bounds of access control, each with its unit and its reason; those of `origin/limits.ts` are the server's. */
export const accessLimits = {
  /** rounds of a SHA-crypt hash: some 0.6 s of work, in turns; crypt(3) itself takes 5,000 where nothing is said */
  hashRoundsMax: 200_000,
  /** logins that wait for a slow hash, which are compared one after the other, those of each network in turn */
  hashesWaitingMax: 64,
  /** ms between two looks whether a password file has changed */
  passwordsEveryMs: 1000,
  /** bytes of a user's name in a password file */
  userBytesMax: 128,
  /** ms between two looks whether a list of addresses has changed: Icecast's */
  addressesEveryMs: 10_000,
  /** ms that a backend of URL authentication has for an answer: Icecast 2.4's */
  backendMs: 15_000,
  /**
   * questions to a backend under way at once, and those that wait for their turn, Icecast's 100: as many each about
   * listeners, sources, and who calls the admin, those of each network in turn
   */
  questionsMax: 16,
  questionsWaitingMax: 100,
  /** news to the backend of a mount under way at once, and those that wait: all listeners of a large server may go at once */
  newsMax: 16,
  newsWaitingMax: 65_536,
  /** ms before each further attempt to deliver news */
  newsRetryMs: [1000, 5000],
  /** ms that news have, beyond the grace, when the program ends */
  farewellMs: 1000,
  /** programs of on-connect and on-disconnect at once, and ms that each may run */
  programsMax: 64,
  programMs: 3_600_000,
} as const
