/** The edge's own bounds, with unit and reason; those of what arrives from outside are in shared/limits.ts. */
export const edgeLimits = {
  /** ms: an isolate's snapshot older than this is refreshed in the background (docs/protocol.md#the-decision) */
  snapshotFreshMs: 2000,
  /** ms: one older than this is awaited … */
  snapshotStaleMs: 10_000,
  /** … so many ms at most, then used as far as its servers are live */
  snapshotWaitMs: 250,
  /** ms between two looks while waiting: below the time that a call to the object takes */
  snapshotLookMs: 10,
  /** ms for which debits gather in an isolate before they are sent: one call then serves hundreds of redirects */
  flushMs: 2000,
  /** part of it that is added by chance */
  flushJitter: 0.25,
  /** ms after which a refresh that never came back is taken for dropped by the runtime */
  leaseMs: 5000,
  /** ms that the page's history is kept in an isolate: its buckets are minutes */
  historyFreshMs: 60_000,
  /** ms between two looks for servers of which the operator should know something */
  watchMs: 5000,
  /** ms between two rounds of forgetting … */
  pruneMs: 60_000,
  /** … and in an object, which it wakes */
  alarmMs: 3_600_000,
  /** mounts of all servers that one credential reports to an object, which has 128 MB: some 800 bytes each */
  mountsWorkersMax: 60_000,
  /** servers that an object remembers as removed; beyond it, isolates fetch everything anew */
  removedMax: 10_000,
  /** ms between two looks at whom it is time to poll or probe: below the shortest interval of either */
  outreachMs: 500,
  /** the same for an object, which each look wakes */
  outreachWorkersMs: 1000,
  /** ms for an answer of a server that is polled or probed; a healthy one takes a fraction of it, anywhere on earth */
  outgoingMs: 5000,
  /** such connections at a time … */
  outgoingMax: 16,
  /** … and on Workers, where six may wait for their answer */
  outgoingWorkersMax: 6,
  /** ms after which a server that could not be polled again and again is tried once more, unless its interval is longer */
  pollPauseMs: 30_000,
  /** ms between two probes of a server that answers … */
  probeMs: 10_000,
  /** … unless there are so many that this many a second are not enough */
  probesPerSecond: 100,
  /** ms after which a server that did not answer is probed again */
  probeAgainMs: 3000,
  /** ms for which a name without an address is taken for one that is not known everywhere yet */
  unknownNameMs: 60_000,
  /** heads of requests that are remembered as read: more than there are kinds of players */
  headsKnownMax: 1000,
  /** characters of one such head: what players send has a few hundred, what browsers send about a thousand */
  headKnownLengthMax: 2048,
  /** ms that requests under way get to finish after SIGTERM; 5 s in all are allowed */
  closeMs: 3000,
  /** ms that the reader of the log then gets to take the last lines */
  flushedMs: 500,
} as const
