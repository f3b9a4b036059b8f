/** Every bound on what comes from outside, with its unit and its reason, in one place. */
export const limits = {
  /** bytes: 10,000 mounts of about 100 bytes; a row of it fits the 2 MB that a Durable Object takes */
  reportBytesMax: 1_048_576,
  /** mounts in one report: thirty times the biggest cluster that its users told of (icecast-kh#183) */
  reportMountsMax: 10_000,
  /** urls in one report: http and https for a handful of addresses */
  reportUrlsMax: 8,
  /** characters of one url: a DNS name is at most 253 */
  urlLengthMax: 512,
  /** seconds between two reports, as promised */
  intervalSecondsMin: 1,
  intervalSecondsMax: 3600,
  /** bytes of a mount's name, decoded: what Icecast's own tools show without cutting */
  mountBytesMax: 255,
  /** characters of a content type; RFC 6838 names are at most 127 each side of the slash, plus parameters */
  contentTypeLengthMax: 512,
  /** bytes of one text about a mount: a title with its artist, or a station's description, is far shorter */
  aboutBytesMax: 1024,
  /** lines about one mount: three times what there is to say, so that later versions may say more */
  aboutLinesMax: 32,
  /** slots that count in a draw: keeps the sum of 10⁶ servers below 2⁵³ */
  slotsMax: 1_000_000_000,
  /** kbit/s taken for a mount that does not say: the commonest rate of web radio */
  bitrateDefaultKbps: 128,
  /** boots remembered as replaced, per server, so that an old process cannot come back */
  formerBootsMax: 16,
  /** servers that one credential reports: twice the 10,000 of the largest cluster, which may share one password */
  serversPerAccountMax: 20_000,
  /** mounts of all servers that one credential reports: fifty of each of 10,000; together about 400 MB, where each has another name */
  mountsPerAccountMax: 500_000,
  /** names of mounts that nobody carries any more, kept for `mountMemoryMs`; beyond it they are forgotten at once */
  namesKeptMax: 100_000,
  /** reports of one id that are taken at once, and a second from then on: ten times as many as a server may send */
  reportsPerId: { burst: 300, perSecond: 10 },
  /** bytes of reports from one address by one credential: 10,000 servers behind it at once, then a busy line's worth */
  reportBytes: { burst: 64 * 1_048_576, perSecond: 8 * 1_048_576 },
  /** addresses whose bytes are counted */
  reportersCountedMax: 20_000,
  /** wrong logins that are answered at once: a mistyped password, a program with an old one … */
  wrongLoginsOfNetwork: { burst: 10, perSecond: 0.5 },
  /** … and for one user, wherever they come from */
  wrongLoginsOfUser: { burst: 100, perSecond: 1 },
  /** ms for which one more than that waits for its answer */
  wrongLoginMs: 1000,
  /** such answers that wait for one network: a further login from there is looked at where it was right before, else 429 */
  wrongLoginsWaitingMax: 16,
  /** networks, users and right logins that are remembered for it */
  loginsCountedMax: 20_000,
  /** lines of the log about wrong logins: the first ones, then one a second that says how many were left out */
  wrongLoginLines: { burst: 20, perSecond: 1 },
  /** characters of a wrong login's user in the log */
  loggedUserLengthMax: 64,
  /** ms for which a mount that no server reports any more still answers 503 in place of 404 */
  mountMemoryMs: 5 * 60_000,
  /** ms after which a stale server is forgotten */
  serverMemoryMs: 24 * 3_600_000,
  /** a server is stale after so many promised intervals … */
  deadlineIntervals: 2.5,
  /** … and so many ms more, for the way of the report */
  deadlineGraceMs: 2000,
  /** seconds between two looks at a server that is polled: the floor that a report's wish has too */
  pollSecondsMin: 2,
  /** servers that one decider polls: at the usual 10 s about 50 a second, a few at a time */
  polledMax: 500,
  /** bytes of the body that names a server to poll: three countries' lists of it */
  polledBytesMax: 8192,
  /** bytes of a polled server's stats: a source is about 1 kB in them, so some thousands of mounts */
  statsBytesMax: 4_194_304,
  /** kbit/s: no stream of sound has more (96 kHz, 24 bits, 2 channels uncompressed is 4,608), so a greater number is in bit/s */
  bitrateMaxKbps: 9999,
} as const
