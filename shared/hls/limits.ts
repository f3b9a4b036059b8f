/** Bounds and times of HLS, each with its unit and its reason. */
export const hlsLimits = {
  /** s of a segment, unless the operator says otherwise: listeners are three of them behind, and a TTL where they are steered */
  segmentSeconds: 4,
  segmentSecondsMin: 1,
  segmentSecondsMax: 30,
  /** s of audio that a media playlist lists; as much again is kept for players that read an older playlist (RFC 8216 §6.2.2) */
  windowSeconds: 60,
  windowSecondsMin: 12,
  windowSecondsMax: 600,
  /** short segments that wait to be listed, so that numbers stay with the clock: with more, players would run dry */
  earlySegments: 3,
  /** target durations that a playlist lists at least (RFC 8216 §6.2.2) */
  windowTargetsMin: 3,
  /** ms for which a mount is packaged after the last request for it */
  idleMs: 60_000,
  /** ms for which a request waits for the first segment of a mount that was not packaged before */
  firstSegmentMs: 12_000,
  /** bytes of a media playlist: a window of 600 s in segments of 1 s has 60 kB */
  playlistBytesMax: 262_144,
  /** requests on one connection: an hour of a player that asks for a playlist and a segment every four seconds */
  requestsMax: 2000,
  /** bytes of a segment: 30 s of FLAC at 5 Mbit/s */
  segmentBytesMax: 20_971_520,
  /** ms within which a master has to deliver an object */
  fetchMs: 10_000,
  /** ms for which it is remembered that a master does not have an object, or that no master could be asked */
  missingMs: 1000,
  /** segments by which a number may be beyond those listed and those kept, before a master is not even asked for it: a title may end one early */
  unlistedSegments: 8,
  /** objects that are fetched at a time: more than a slave's mounts end segments in the same second, and no more sockets than it can spare */
  fetchesMax: 256,
  /** ms for which players of a mount that its masters do not have any more are told to come back: a source or a master that starts again is there by then */
  returnMs: 60_000,
  /** mounts of which it is remembered when they were last there, and paths of which it is that masters could not be asked */
  rememberedMax: 10_000,
  /** bytes of masters' objects that a slave, or an edge that carries, keeps: two minutes of some thirty mounts of 128 kbit/s */
  cacheBytesMax: 67_108_864,
  /** target durations for which a session is a listener after its last segment */
  sessionTargets: 3,
  /** of the sessions of a server, the share that one address may have, and the number that it may have at least */
  addressShare: 0.25,
  addressSessionsMin: 16,
  /** sessions that asked for the playlist, and not yet for a segment: ffmpeg opens the playlist of each server and plays one */
  expectedMax: 20_000,
  /** ms for which a session that was removed by the admin is refused */
  killedMs: 60_000,
  /** variants, each a server, in one multivariant playlist: a player without steering tries them in turn */
  variantsMax: 4,
  /** by how much of the mean bitrate a segment may exceed it: variable bitrate, and a report that is a moment old */
  peakShare: 0.1,
  /** kbit/s of a segment that are not audio: a title of 1 KiB in its ID3 tag (2), and a table of 50 packets a second (2) */
  addedKbps: 4,
  /** s between two requests for the steering manifest … */
  ttlSeconds: 10,
  /** … and of a large cluster in which nothing has to move */
  calmTtlSeconds: 30,
  /** each TTL is longer or shorter by up to this part, so that players do not all ask at once */
  ttlJitter: 0.2,
  /** steering requests a second that one core answers in addition to its redirects */
  steeringPerSecondMax: 200,
  /** servers named by one steering manifest: those of the playlist, and as many new ones */
  pathwaysMax: 8,
  /** points by which a server's utilisation may exceed the cluster's before sessions move away */
  overfullPoints: 5,
  /** … and those at which they stop moving */
  evenPoints: 1,
  /** s for which a decider remembers the sessions that it moved: three target durations of 30 s, and the longest promise of our origins */
  departedSeconds: 120,
  /** servers of which it remembers them: twice the largest cluster */
  balancedMax: 20_000,
  /** points by which one of two drawn servers has to be emptier to be taken in place of the first */
  emptierPoints: 2,
  /**
   * s in which as many sessions are told to move as are too many: one TTL, for those that move are counted at both servers until three
   * target durations and a report later, so that nine of ten have moved after a minute
   */
  rebalanceSeconds: 10,
} as const
