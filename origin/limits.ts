/** Bounds of the origin that are not configurable, each with its unit and its reason. */
export const limits = {
  /** bytes of a request head, its blank line included (docs/protocol.md#bounds) */
  headBytesMax: 8192,
  /** heads that are kept parsed: some for each kind of player, twice as many for both of its requests; and bytes of one, the usual size of a browser's */
  knownHeadsMax: 512,
  knownHeadBytesMax: 1024,
  /** header lines of a request (docs/protocol.md#bounds) */
  headLinesMax: 64,
  /** connections that have not sent a whole head; in a crowd of 2,000 a second each takes a few ms */
  waitingHeadsMax: 4096,
  /** connections that wait for another request after an answer: two of each player of 20,000 listeners by HLS */
  keptConnectionsMax: 40_000,
  /** requests answered on one connection: libshout asks two or three times before its source begins */
  keptRequestsMax: 8,
  /**
   * requests in progress that are not for a stream, from the end of their body until the system has accepted the answer:
   * all without credentials, those of one network among them (a reverse proxy is one network too), and all with credentials
   */
  publicRequestsMax: 256,
  publicRequestsPerNetworkMax: 64,
  adminRequestsMax: 64,
  /** request bodies read at once, without verified credentials and with them; a flood closes its own oldest */
  publicBodiesMax: 1024,
  adminBodiesMax: 64,
  /** static files sent at once, each an open file: in all, to one address, and to one network, so that none blocks the others */
  filesMax: 512,
  filesPerAddressMax: 16,
  filesPerNetworkMax: 128,
  /** ms for which a client that downloads a file may read nothing */
  fileStallMs: 30_000,
  /** connections that follow the stats (`STATS`): a monitor or two */
  feedsMax: 16,
  /** bytes that such a connection may be behind before it is closed: the whole stats of some hundred mounts */
  feedBytesMax: 1_048_576,
  /** ms between two checks for changed stats, while any connection follows them */
  feedMs: 1000,
  /** descriptors of the program itself: Node uses 23 with a database and log files; the rest is for connections that are refused */
  ownDescriptors: 40,
  /** of the other descriptors, the share and the maximum reserved for sources, relays and admins */
  keptDescriptorsShare: 0.25,
  keptDescriptorsMax: 512,
  /** connections that are refused with an answer at one time, for lack of descriptors; more are closed without an answer */
  refusalsMax: 8,
  /** ms that a connection without a whole head is kept before another may take its descriptor */
  headGraceMs: 1000,
  /** ms between two log lines about refused connections */
  refusalLogMs: 60_000,
  /** relays with credentials at once: more slaves than in the largest cluster reported by users (icecast-kh#145) */
  relaysMax: 1024,
  /** bytes of a request body: the `bodysize` of 2.5, and more than any of our forms sends. Reports have a separate bound */
  formBytesMax: 4096,
  /** bytes of an answer handed to the system at once; progress of a slow client is measured in these pieces */
  answerPieceBytes: 65_536,
  /** ms for which a client may read nothing of an answer before its connection is closed */
  answerStallMs: 10_000,
  /** ms that a connection stays open after its whole answer was sent, to read what the other side still sends */
  lingerMs: 2000,
  /** ms that a listener has to take the last bytes of a mount that ended */
  farewellMs: 5000,
  /** bytes that all mounts together hold although no listener lacks them, in addition to their bursts: HLS begins with them, and sixty mounts have whole queues */
  restBytes: 33_554_432,
  /** bytes that a relayed mount holds at least: what the burst of a new connection is compared with, four times Icecast's */
  relayHeldBytes: 262_144,
  /** ms between two flushes of a mount: with few listeners on the server, and with `crowd` of them or more (docs/protocol.md#performance) */
  flushMsMin: 250,
  flushMsMax: 1000,
  crowd: 2000,
  /** bytes that are sent without waiting for the flush, for a source that sends faster than real time */
  flushBytesMax: 65_536,
  /**
   * listeners written to in one turn of the event loop, some 0.2 ms: Node accepts one connection a turn (libuv 1.52), so a
   * crowd that joins at 2,000 a second does not queue behind a flush
   */
  flushSlice: 16,
  /** characters of a log that wait for the disk, some seconds of a crowd's lines; further lines are dropped */
  logPendingMax: 8 * 1_048_576,
  /** bytes that a listener may still have to read of one mount when it moves on from the next: the usual queue size */
  leadBytesMax: 524_288,
  /**
   * ms that a listener moved from another mount waits for a frame to begin at: three frames of the slowest MP3, and less than
   * a player has buffered. After that it begins at any byte: players search for a frame, or report that there is none.
   */
  frameWaitMs: 1000,
  /** ms that a listener of a container format waits for a key frame or Cluster to begin at: encoders send one at least every 10 s */
  keyFrameWaitMs: 10_000,
  /** bytes without a frame after which a mount that begins recalls its listeners anyway: a tag before the first frame is rarely longer */
  framelessBytesMax: 16_384,
  /** mounts tried for one request, fallbacks of fallbacks included: as in Icecast */
  mountsTriedMax: 10,
  /** ms without a byte after which the same credentials may take over a source's mount (docs/protocol.md#taking-a-mount-over) */
  takeoverSilenceMs: 3000,
  /** names in each of the two generations of the cache of mounts' settings: requests may invent any number of names */
  mountNamesKeptMax: 512,
  /** characters of a chunk's size line, its extensions included; also of all trailers together */
  chunkLineLengthMax: 4096,
  /** characters of a method: the longest that is registered has 17 (UPDATEREDIRECTREF) */
  methodLengthMax: 32,
  /** pairs of an `ice-audio-info` header that become stats: no encoder sends this many */
  audioInfoPairsMax: 32,
  /** characters of one value in an event: Icecast drops lines of 200 and more, we cut longer values */
  eventValueLengthMax: 1024,
  /** mounts with rows in `/metrics`: a scrape of a thousand is some 500 kB */
  metricsMountsMax: 1000,
} as const
