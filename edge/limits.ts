/** The edge's own bounds, with unit and reason; those of what arrives from outside are in shared/limits.ts. */
export const edgeLimits = {
  /** ms: an isolate's snapshot older than this is refreshed in the background (contract §3) */
  snapshotFreshMs: 2000,
  /** ms: one older than this is awaited … */
  snapshotStaleMs: 10_000,
  /** … so many ms at most, then used as far as its servers are live */
  snapshotWaitMs: 250,
  /** ms between two looks while waiting: below the time that a call to the object takes */
  snapshotLookMs: 10,
  /** ms for which debits gather in an isolate before they are sent: one call then serves hundreds of redirects */
  flushMs: 2000,
  /** ms after which a refresh that never came back is taken for dropped by the runtime */
  leaseMs: 5000,
  /** ms that the page's history is kept in an isolate: its buckets are minutes */
  historyFreshMs: 60_000,
  /** ms between two rounds of forgetting … */
  pruneMs: 60_000,
  /** … and in an object, which it wakes */
  alarmMs: 3_600_000,
  /** servers that an object remembers as removed; beyond it, isolates fetch everything anew */
  removedMax: 10_000,
  /** ms that requests under way get to finish after SIGTERM; the contract allows 5 s in all */
  closeMs: 4000,
} as const
