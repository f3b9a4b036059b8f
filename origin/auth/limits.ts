/** Bounds of access control, each with its unit and its reason; those of `origin/limits.ts` are the server's. */
export const accessLimits = {
  /** rounds of a SHA-crypt hash: some 0.6 s of work, in turns; crypt(3) itself takes 5,000 where nothing is said */
  hashRoundsMax: 200_000,
  /** logins that wait for a slow hash, which are compared one after the other, those of each network in turn */
  hashesWaitingMax: 64,
  /** wrong logins of a network or a user that are answered at once: somebody mistypes, or an encoder is set up */
  wrongFreely: 5,
  /** ms that the next one waits for its answer, doubled with each further one, and the most */
  wrongMs: 100,
  wrongMsMax: 1000,
  /** ms after which one of them is forgotten */
  wrongForgottenMs: 10_000,
  /** networks, and users, whose wrong logins are counted: the ones of longest ago are forgotten */
  wrongCountsMax: 4096,
  /** wrong logins of one network whose answers wait at once, so that it guesses no faster than as many a second */
  wrongPerNetworkMax: 64,
  /** logins of such a network that wait to be looked at */
  loginsWaitingMax: 512,
  /** answers that wait, of all networks: each holds a connection */
  wrongAnswersMax: 4096,
  /** logins that have been right and are remembered: more sources, relays and admins than a server has */
  rightLoginsMax: 4096,
  /** lines of wrong logins at once, and one more a second; of one network, and one more every 10 s */
  wrongLinesMax: 60,
  wrongLinesPerNetworkMax: 15,
  /** characters of a path in such a line */
  loggedPathMax: 200,
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
