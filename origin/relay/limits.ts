import { limits } from '../limits.ts'

/** Limits on requests to masters and upstreams, each with its unit and its reason. */
export const relayLimits = {
  /** bytes of a reply's head: a worker behind a CDN sends twice as much as Icecast */
  headBytesMax: 16_384,
  /** requests for one mount, including redirects: Icecast's number */
  requestsMax: 10,
  /** ms to connect, and ms until the reply's head is complete: Icecast's numbers */
  connectTimeoutMs: 10_000,
  headTimeoutMs: 15_000,
  /** bytes of a stream list: 10,000 mounts of 255 percent-encoded bytes, and room for hosts */
  listBytesMax: 8 * 1_048_576,
  /** upstreams of one mount in one list: more do not help, as they are tried one after the other */
  upstreamsPerMountMax: 16,
  /** mounts of a list started in one turn of the event loop: some ms */
  planSlice: 100,
  /**
   * relays started at once, and ms until one more may start: at this rate listeners hear no gap, and a cluster of
   * hundreds of mounts plays within seconds
   */
  beginsAtOnce: 32,
  beginGapMs: 4,
  /** connections without a stream yet, for relays that no listener waits for; in total and to one upstream */
  connectingMax: 256,
  connectingPerOriginMax: 64,
  /** ms for a whole stream list, or for the answer to a report */
  answerTimeoutMs: 10_000,
  /** ms that mounts wait for the first lists of all masters, so that the preferred master wins from the start */
  firstListsMs: 2000,
  /** maximum ms between two requests to a master that does not answer, if the interval is longer */
  listRetryMsMax: 30_000,
  /** ms for which the masters of a mount are asked for its objects of HLS though they list it no more: its source may come back */
  objectsLatelyMs: 60_000,
  /** ms between two list requests caused by the end of a relay */
  hurriedListMs: 2000,
  /** ms between two list requests caused by requests for unknown mounts, which anybody can send */
  curiousListMs: 5000,
  /** random delay of such a request in ms, at most */
  hurrySpreadMs: 500,
  /** newest bytes of the mount that a new connection's burst is compared with: four times Icecast's burst */
  tailBytes: limits.relayHeldBytes,
  /** bytes, and ms after its first byte, within which a burst must show where it continues the mount */
  spliceBytesMax: 524_288,
  spliceMs: 500,
  /** ms that a burst which lags behind may take to catch up with the mount: playback that listeners have buffered */
  behindMsMax: 4000,
  /** share of the update interval by which a request may come early, so that slaves started together drift apart */
  listEarlyShare: 0.1,
  /** ms between two checks for listeners of on-demand relays; a relay stays as long after its last listener */
  idleLookMs: 1000,
  /** ms that the first listener of an on-demand relay waits for it */
  demandTimeoutMs: 15_000,
  /** between two attempts at a mount: while listeners wait (Icecast waits at most 2 s), and while none do */
  retryHeld: { firstMs: 250, maxMs: 2000 },
  retry: { firstMs: 500, maxMs: 10_000 },
  /** between two checks whether a preferred upstream is back, while another one plays */
  comeBack: { firstMs: 2000, maxMs: 30_000 },
  /** ms within which relays switch to a new preferred upstream, so that not all switch at the same moment */
  comeBackSpreadMs: 5000,
  /** maximum ms that listeners wait for a lost stream if a fallback could play for them: as long as a burst lasts */
  holdMsMax: 3000,
  /** ms after which the end of a connection counts as a first failure, not as one more in a row */
  steadyMs: 30_000,
  /** servers that a stream may have passed through: more mean a loop through servers that do not identify themselves */
  hopsMax: 16,
} as const
