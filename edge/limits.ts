/** The edge's own bounds, with unit and reason; shared/limits.ts has those on reports. */
export const edgeLimits = {
  /** ms: an isolate's snapshot older than this is refreshed in the background (docs/protocol.md#the-decision) */
  snapshotFreshMs: 2000,
  /** ms: a snapshot older than this is waited for … */
  snapshotStaleMs: 10_000,
  /** … for at most this many ms; then the old one is used, as far as its servers are live */
  snapshotWaitMs: 250,
  /** ms between two checks while waiting: less than a call to the object takes */
  snapshotLookMs: 10,
  /** ms for which an isolate collects debits before it sends them: one call then serves hundreds of redirects */
  flushMs: 2000,
  /** fraction of it that is added at random */
  flushJitter: 0.25,
  /** ms after which a refresh without an answer counts as dropped by the runtime */
  leaseMs: 5000,
  /** kinds of requests that an isolate counts until it sends them; beyond it, they count without mount and country */
  countedMax: 2000,
  /** ms for which an isolate keeps the page's history: its buckets are minutes */
  historyFreshMs: 60_000,
  /** ms between two checks for servers that the operator should be told about */
  watchMs: 5000,
  /** ms between two rounds of removing old entries … */
  pruneMs: 60_000,
  /** … and in an object, which it wakes */
  alarmMs: 3_600_000,
  /** mounts of all servers that one credential reports to an object, which has 128 MB: 540 bytes each in servers with ten, 300 in those with a hundred */
  mountsWorkersMax: 100_000,
  /** bytes of news in one call: the loads of 9,000 servers with ten mounts. A call can carry 32 MiB at most, and takes about a ms for each MB */
  newsBytesMax: 1_000_000,
  /** reports a second that the object of a cluster takes alone: each costs it about a ms, with the call and the write … */
  reportsAloneMax: 150,
  /** … beyond it objects gather them, each up to so many a second: Cloudflare names 500 to 1,000 requests for one … */
  reportsGatheredMax: 200,
  /** … as many as this: 3,200 reports a second, which is more than the object of a cluster takes */
  gatherersMax: 16,
  /** what one call passes on: reports of a tenth of a second, which nobody waits for; of their bytes a quarter of what a call can carry */
  gathered: { ms: 100, countMax: 100, bytesMax: 8_388_608 },
  /** servers that an object remembers as removed; beyond it, isolates fetch everything again */
  removedMax: 10_000,
  /** bytes of HLS that an isolate keeps, which has 128 MB for everything; the Cache API has the rest */
  carriedWorkersBytesMax: 16_777_216,
  /** ms between two checks for servers due to be polled or probed: less than the shortest interval of either */
  outreachMs: 500,
  /** the same for an object, which each check wakes up */
  outreachWorkersMs: 1000,
  /** ms to wait for a server that is polled or probed; a healthy one needs a fraction of it, anywhere on earth */
  outgoingMs: 5000,
  /** such connections at the same time … */
  outgoingMax: 16,
  /** … and on Workers, where six may wait for their answer */
  outgoingWorkersMax: 6,
  /** ms between two attempts at a server that repeatedly could not be polled, unless its interval is longer */
  pollPauseMs: 30_000,
  /** ms between two probes of a server that answers … */
  probeMs: 10_000,
  /** … unless that would be more than this many probes a second */
  probesPerSecond: 100,
  /** ms after which a server that did not answer is probed again */
  probeAgainMs: 3000,
  /** ms for which a name without an address counts as one that DNS does not serve everywhere yet */
  unknownNameMs: 60_000,
  /** parsed request heads that are kept: more than there are kinds of players */
  headsKnownMax: 1000,
  /** characters of one such head: players send a few hundred, browsers about a thousand */
  headKnownLengthMax: 2048,
  /** ms that requests in progress get to finish after SIGTERM; 5 s in all are allowed */
  closeMs: 3000,
  /** ms that the reader of the log then gets to read the last lines */
  flushedMs: 500,
  /** names of the edge that are remembered: servers that report to it use one or two */
  namesKeptMax: 8,
  /** decoded records that are kept: the cities of a busy hour; each has names in eight languages, a few kB of text */
  geoRecordsMax: 20_000,
  /** networks whose locations are kept: each player asks several times as it starts, and repeatedly on a bad connection */
  geoNetworksMax: 20_000,
  /** bytes that wait for the system on a connection, before Deno's writes say so */
  unsentBytesMax: 65_536,
} as const
