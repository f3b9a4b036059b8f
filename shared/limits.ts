/** Bounds on what comes from outside, each with its unit and its reason. */
export const limits = {
  /** bytes: 10,000 mounts of about 100 bytes; its row fits into the 2 MB that a Durable Object allows */
  reportBytesMax: 1_048_576,
  /** mounts in one report: thirty times the largest cluster that users have described (icecast-kh#183) */
  reportMountsMax: 10_000,
  /** urls in one report: http and https for a handful of addresses */
  reportUrlsMax: 8,
  /** characters of one url: a DNS name is at most 253 */
  urlLengthMax: 512,
  /** seconds between two reports, as promised */
  intervalSecondsMin: 1,
  intervalSecondsMax: 3600,
  /** bytes of a mount's name, decoded: Icecast's own tools show this much without truncation */
  mountBytesMax: 255,
  /** characters of a content type; RFC 6838 names are at most 127 each side of the slash, plus parameters */
  contentTypeLengthMax: 512,
  /** bytes of one text about a mount: a title with its artist, or a station's description, is far shorter */
  aboutBytesMax: 1024,
  /** lines about one mount: three times as many as are defined, so that later versions can add some */
  aboutLinesMax: 32,
  /** slots of one server that count in a draw: keeps the sum over 10⁶ servers below 2⁵³ */
  slotsMax: 1_000_000_000,
  /** kbit/s assumed for a mount of unknown bit rate: the most common rate of web radio */
  bitrateDefaultKbps: 128,
  /** replaced boots remembered per server, so that an old process cannot take its id back */
  formerBootsMax: 16,
  /** servers that report with one credential: twice the 10,000 of the largest cluster, which may share one password */
  serversPerAccountMax: 20_000,
  /** mounts of all servers that report with one credential: fifty for each of 10,000; about 400 MB if no two share a name */
  mountsPerAccountMax: 500_000,
  /** names of mounts that no server carries any more, kept for `mountMemoryMs`; beyond this number they are forgotten at once */
  namesKeptMax: 100_000,
  /** reports of one id: ten times as many as a server may send */
  reportsPerId: { burst: 300, perSecond: 10 },
  /** bytes of reports from one address with one credential: 10,000 servers behind it at once, then a busy line's worth */
  reportBytes: { burst: 64 * 1_048_576, perSecond: 8 * 1_048_576 },
  /** addresses whose report bytes are counted */
  reportersCountedMax: 20_000,
  /** wrong logins from one network that are answered without delay: a mistyped password, a program with an old one … */
  wrongLoginsOfNetwork: { burst: 10, perSecond: 0.5 },
  /** … and for one user, from any network */
  wrongLoginsOfUser: { burst: 100, perSecond: 1 },
  /** ms by which the answer to any further one is delayed */
  wrongLoginMs: 1000,
  /** delayed answers per network: beyond it only logins that were right before are checked, all others get 429 */
  wrongLoginsWaitingMax: 16,
  /** networks, users and right logins remembered for this */
  loginsCountedMax: 20_000,
  /** log lines about wrong logins: the first ones, then one a second that says how many were left out */
  wrongLoginLines: { burst: 20, perSecond: 1 },
  /** … of which so many of one network at once, then one a minute: a program with an old password asks for years */
  wrongLoginLinesOfNetwork: { burst: 3, perSecond: 1 / 60 },
  /** events about wrong logins: guesses from a thousand networks must not push out what else happened */
  wrongLoginEvents: { burst: 10, perSecond: 1 / 60 },
  /** log lines about requests without the login that they need … */
  noLoginLines: { burst: 20, perSecond: 1 },
  /** … and about what is not a request of HTTP */
  badRequestLines: { burst: 20, perSecond: 1 },
  /** bytes of a PROXY line with its CR LF: the bound of the protocol's version 1 */
  proxyLineBytesMax: 107,
  /** bytes of a PROXY header of version 2: addresses, and what a proxy adds about TLS, a client's certificate among it */
  proxyHeaderBytesMax: 4096,
  /** proxies that a request may have come through: a CDN, a load balancer and a web server are three */
  forwardedHopsMax: 16,
  /** addresses that are named in the log once as proxies that are not trusted: as many local ones, and as many others, which anyone can cause */
  untrustedProxiesMax: 16,
  /** characters of the user of a wrong login that are logged */
  loggedUserLengthMax: 64,
  /** ms for which a mount that no server reports any more is answered with 503 instead of 404 */
  mountMemoryMs: 5 * 60_000,
  /** ms after which a stale server is forgotten */
  serverMemoryMs: 24 * 3_600_000,
  /** servers that are forgotten in one turn because they have been stale for a day: some ms */
  serversPrunedAtOnceMax: 50,
  /** a server is stale after this many promised intervals … */
  deadlineIntervals: 2.5,
  /** … plus this many ms, for the transit of the report */
  deadlineGraceMs: 2000,
  /** ms for which a decider that hears nobody draws by the last reports: a line is mended or a firewall corrected by then, and rooms are not yet quite wrong */
  silenceHeldMs: 10 * 60_000,
  /** seconds between two polls of a server: also the floor of a report's wish */
  pollSecondsMin: 2,
  /** servers that one decider polls: at the usual 10 s about 50 a second, a few at a time */
  polledMax: 500,
  /** bytes of the body that names a server to poll: its longest list of countries, three times */
  polledBytesMax: 8192,
  /** bytes of a polled server's stats: about 1 kB a source, so some thousands of mounts */
  statsBytesMax: 4_194_304,
  /** events that a decider remembers: some days of a cluster in which little happens, about 100 kB */
  eventsMax: 500,
  /** events about one property of a server or a mount, such as full: a few at once, then one a minute if it keeps changing */
  eventsOfFacet: { burst: 4, perSecond: 1 / 60 },
  /** events of one kind that one report or one moment may cause; more of them are told as one, with their number */
  eventsAtOnceMax: 10,
  /** kbit/s: no audio stream has more (96 kHz, 24 bits, 2 channels uncompressed is 4,608), so a greater number is in bit/s */
  bitrateMaxKbps: 9999,
  /** characters of an answer that are logged: it begins with the faulty line, and may quote long headers */
  loggedAnswerLengthMax: 300,
  /** stored rows that could not be read and are kept aside: enough to see what they have in common */
  rowsSetAsideMax: 100,
  /** lines of a stream list that do not name a mount, kept to be shown */
  streamListRefusedMax: 10,
  /** characters of a line of a stream list: a host and a mount written percent-encoded */
  streamListLineLengthMax: 2048,
} as const
