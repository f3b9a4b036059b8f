/** Bounds of authentication, each with its unit and its reason; `origin/limits.ts` has those of the server. */
export const authLimits = {
  /** rounds of a SHA-crypt hash: some 0.6 s of work, in slices; the default of crypt(3) is 5,000 */
  hashRoundsMax: 200_000,
  /** logins that wait for a slow hash; they are compared one at a time, networks in turn */
  hashesWaitingMax: 64,
  /** wrong logins of a network or a user that are answered at once, as when somebody mistypes or sets up an encoder */
  wrongFreely: 5,
  /** ms that the next one waits for its answer, doubled with each further one, and the maximum */
  wrongMs: 100,
  wrongMsMax: 1000,
  /** ms after which one of them is forgotten */
  wrongForgottenMs: 10_000,
  /** networks, and users, whose wrong logins are counted; the oldest are forgotten */
  wrongCountsMax: 4096,
  /** wrong logins of one network whose answers wait at one time; limits its guesses to as many per second */
  wrongPerNetworkMax: 64,
  /** logins of such a network that wait to be checked */
  loginsWaitingMax: 512,
  /** waiting answers of all networks: each holds a connection */
  wrongAnswersMax: 4096,
  /** correct logins that are remembered: more than a server has sources, relays and admins */
  rightLoginsMax: 4096,
  /** log lines about wrong logins at once, plus one a second; and of one network, plus one every 10 s */
  wrongLinesMax: 60,
  wrongLinesPerNetworkMax: 15,
  /** characters of a path in such a line */
  loggedPathMax: 200,
  /** ms between two checks whether a password file has changed */
  passwordsEveryMs: 1000,
  /** bytes of a user name in a password file */
  userBytesMax: 128,
  /** ms between two checks whether an address list has changed: as in Icecast */
  addressesEveryMs: 10_000,
  /** ms within which a backend of URL authentication has to answer: as in Icecast 2.4 */
  backendMs: 15_000,
  /**
   * requests to a backend at one time, and waiting ones (100, as in Icecast); separately for listeners, sources and admin
   * calls, with networks in turn
   */
  questionsMax: 16,
  questionsWaitingMax: 100,
  /** notifications to a backend at one time, and waiting ones: all listeners of a large server may leave at once */
  newsMax: 16,
  newsWaitingMax: 65_536,
  /** ms before each further attempt to deliver a notification */
  newsRetryMs: [1000, 5000],
  /**
   * ms after the grace period within which notifications have to be delivered when the program ends: with the default grace
   * this is less than the 10 s that Docker waits, and enough for 600 listeners of a backend that answers within 100 ms
   */
  farewellMs: 4000,
  /** programs of on-connect and on-disconnect at one time, and ms that each may run */
  programsMax: 64,
  programMs: 3_600_000,
  /** characters of a backend's reason that a listener is shown: a sentence or two */
  reasonLengthMax: 200,
} as const
