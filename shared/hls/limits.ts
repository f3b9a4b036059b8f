/** Bounds and times of HLS, each with its unit and its reason. */
export const hlsLimits = {
  /** s of a segment, unless the operator says otherwise: a listener is at most three of them behind */
  segmentSeconds: 4,
  segmentSecondsMin: 1,
  segmentSecondsMax: 30,
  /** s of audio that a media playlist lists; as much again is kept for players that read an older playlist (RFC 8216 §6.2.2) */
  windowSeconds: 60,
  windowSecondsMin: 12,
  windowSecondsMax: 600,
  /** target durations that a playlist lists at least (RFC 8216 §6.2.2) */
  windowTargetsMin: 3,
  /** ms for which a mount is packaged after the last request for it */
  idleMs: 60_000,
  /** ms for which a request waits for the first segment of a mount that was not packaged before */
  firstSegmentMs: 12_000,
  /** target durations for which a session is a listener after its last segment */
  sessionTargets: 3,
  /** variants, each a server, in one multivariant playlist: a player without steering tries them in turn */
  variantsMax: 4,
  /** s between two requests for the steering manifest … */
  ttlSeconds: 10,
  /** … and of a large cluster in which nothing has to move */
  calmTtlSeconds: 30,
  /** each TTL is longer or shorter by up to this part, so that players do not all ask at once */
  ttlJitter: 0.2,
  /** steering requests a second that one core answers beside its redirects */
  steeringPerSecondMax: 200,
  /** servers named by one steering manifest: those of the playlist, and as many new ones */
  pathwaysMax: 8,
  /** points by which a server's utilisation may exceed the cluster's before sessions move away */
  overfullPoints: 5,
  /** s in which an overfull server is brought down to the cluster's utilisation */
  rebalanceSeconds: 60,
} as const
