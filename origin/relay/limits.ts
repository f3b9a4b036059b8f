/** Bounds of what a slave does towards its master, each with its unit and its reason. */
export const relayLimits = {
  /** bytes of a reply's head: a worker behind a CDN sends twice what Icecast does */
  headBytesMax: 16_384,
  /** requests for one mount, redirects counted: Icecast's number */
  requestsMax: 10,
  /** ms until a connection stands and until a reply's head is whole: Icecast's number */
  connectTimeoutMs: 10_000,
  headTimeoutMs: 15_000,
  /** bytes of a stream list: 10,000 mounts of 255 bytes written percent-encoded, and room for hosts */
  listBytesMax: 8 * 1_048_576,
  /** upstreams of one mount that one list names: more are no help while they are asked one after the other */
  upstreamsPerMountMax: 16,
  /**
   * relays that begin at once, and ms until one more may: some hundred a second are begun beside listeners who hear no
   * gap, and a cluster of hundreds of mounts plays within seconds
   */
  /** mounts of a list that are taken up in one turn: some ms */
  planSlice: 100,
  beginsAtOnce: 32,
  beginGapMs: 4,
  /** connections that have yet to bring a stream or none, of relays that nobody waits for; and those to one upstream */
  connectingMax: 256,
  connectingPerOriginMax: 64,
  /** ms for a whole stream list or the answer to a report */
  answerTimeoutMs: 10_000,
  /** ms for which mounts wait for the first lists of all masters: the first of them that lists one is to win from the start */
  firstListsMs: 2000,
  /** ms at most between two requests to a master that does not answer, where the interval is longer */
  listRetryMsMax: 30_000,
  /** ms between two requests for the list that a relay's end caused */
  hurriedListMs: 2000,
  /** ms between two that requests for unknown mounts caused: anybody can make those */
  curiousListMs: 5000,
  /** ms by which such a request may come later */
  hurrySpreadMs: 500,
  /** bytes of ours that a new connection's burst is compared with: four times Icecast's burst */
  tailBytes: 262_144,
  /** bytes, and ms after its first one, within which a burst must show where it continues ours */
  spliceBytesMax: 524_288,
  spliceMs: 500,
  /** ms that a burst which lies behind ours is given to come to our end: what listeners have left to play of theirs */
  behindMsMax: 4000,
  /** share of the update interval by which a request goes early: slaves started together do not ask together for ever */
  listEarlyShare: 0.1,
  /** ms between two looks at the listeners of on-demand relays, and for which one stays after its last listener */
  idleLookMs: 1000,
  /** ms that the first listener of an on-demand relay waits for it */
  demandTimeoutMs: 15_000,
  /** between two attempts at a mount: while listeners wait for it (Icecast's 2 s at most), and while none do */
  retryHeld: { firstMs: 250, maxMs: 2000 },
  retry: { firstMs: 500, maxMs: 10_000 },
  /** between two looks whether a preferred upstream is back, while another one plays */
  comeBack: { firstMs: 2000, maxMs: 30_000 },
  /** ms within which relays go over to an upstream that is new before theirs: not all of them at one moment */
  comeBackSpreadMs: 5000,
  /** ms that listeners wait for a lost stream at most where a fallback would play to them: what a burst has given them to play */
  holdMsMax: 3000,
  /** ms that a connection must last for its end to count as the first failure, not one more in a row */
  steadyMs: 30_000,
  /** servers that a stream may have come by: more are a loop through servers that do not say who they are */
  hopsMax: 16,
} as const
