/** Bounds of the origin that no operator sets, each with its unit and its reason. */
export const limits = {
  /** bytes of a request head, its blank line included (docs/protocol.md#bounds) */
  headBytesMax: 8192,
  /** header lines of a request (docs/protocol.md#bounds) */
  headLinesMax: 64,
  /** connections that have not sent a whole head; a crowd of 2,000 a second waits for some ms each */
  waitingHeadsMax: 4096,
  /** requests answered on one connection: libshout asks two or three times before its source begins */
  keptRequestsMax: 8,
  /**
   * requests under way to what is no stream, their bodies read, until the system has taken their answers: without
   * credentials, of these of one network (a reverse proxy is one too), and with credentials
   */
  publicRequestsMax: 256,
  publicRequestsPerNetworkMax: 64,
  adminRequestsMax: 64,
  /** bodies that are being read at once, without proven credentials and with them; a flood closes its own oldest */
  publicBodiesMax: 1024,
  adminBodiesMax: 64,
  /** static files being sent at once, each an open file; to one address, and to one network, so that none keeps out the rest */
  filesMax: 512,
  filesPerAddressMax: 16,
  filesPerNetworkMax: 128,
  /** ms for which a client that takes a file may take nothing of it */
  fileStallMs: 30_000,
  /** connections that follow the stats (`STATS`): a monitor or two */
  feedsMax: 16,
  /** bytes that such a connection may be behind before it is closed: some hundred mounts' whole stats */
  feedBytesMax: 1_048_576,
  /** ms between two looks for what has changed in the stats, where anybody follows them */
  feedMs: 1000,
  /** descriptors of the program itself: 23 of Node with a database and log files, and some for answers that refuse */
  ownDescriptors: 40,
  /** of the rest, the share and the most that listeners leave to sources, relays and admins */
  keptDescriptorsShare: 0.25,
  keptDescriptorsMax: 512,
  /** connections that are told at once that there is no descriptor for them; more are closed without a word */
  refusalsMax: 8,
  /** ms that a connection without a whole head has at least before another may have its descriptor */
  headGraceMs: 1000,
  /** ms between two lines of the log that say so */
  refusalLogMs: 60_000,
  /** relays with credentials at once: more slaves than the biggest cluster its users told of (icecast-kh#145) has */
  relaysMax: 1024,
  /** bytes of a request's body: 2.5's `bodysize`, and more than any of our forms sends. Reports have a bound of their own */
  formBytesMax: 4096,
  /** bytes of an answer handed to the system at once: what a slow client is behind is seen no finer */
  answerPieceBytes: 65_536,
  /** ms for which a client may take nothing of an answer before it is cut */
  answerStallMs: 10_000,
  /** ms that a connection stays, its whole answer handed over, for what the other side still sends */
  lingerMs: 2000,
  /** ms that a listener has to take the last bytes of a mount that ended */
  farewellMs: 5000,
  /** ms between two flushes of a mount: with few listeners, and with `crowd` of them or more (docs/protocol.md#performance) */
  flushMsMin: 250,
  flushMsMax: 1000,
  crowd: 2000,
  /** bytes that leave without waiting for the flush: a source that sends faster than it plays */
  flushBytesMax: 65_536,
  /**
   * listeners written to before others get their turn, some 0.2 ms: Node takes one new connection in each turn of its loop
   * (libuv 1.52), so that a crowd joining at 2,000 a second is not queued behind a flush
   */
  flushSlice: 16,
  /** characters of a log that wait for the disk: a crowd's lines for some seconds, before lines are lost */
  logPendingMax: 8 * 1_048_576,
  /** bytes that a listener may still have to take of one mount when it is moved on from the next: a queue as most set it */
  leadBytesMax: 524_288,
  /**
   * ms that a listener who comes from another mount waits for a frame to begin at: three frames of the slowest MP3 that
   * there is, and what a player has left to play. Then it begins at any byte: players find a frame, or tell that there is none.
   */
  frameWaitMs: 1000,
  /** ms that a listener of a container waits for a key frame or Cluster to begin at: encoders send one each 10 s at most */
  keyFrameWaitMs: 10_000,
  /** bytes without a frame after which a mount that begins calls listeners back all the same: a tag before the first is longer seldom */
  framelessBytesMax: 16_384,
  /** mounts looked at for one request, itself and fallbacks of fallbacks: Icecast's */
  mountsTriedMax: 10,
  /** ms without a byte after which the same credentials may take over a source's mount (docs/protocol.md#taking-a-mount-over) */
  takeoverSilenceMs: 3000,
} as const
