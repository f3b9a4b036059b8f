import { limits } from '../../shared/limits.ts'

/** Bounds on the connections of an edge on Node, Bun and Deno; they are the same on all three. */
export const httpLimits = {
  /** bytes of a request's head, with its blank line: the bound of Node's own server, enough for a browser's cookies */
  headBytesMax: 16_384,
  /** lines of a head: browsers send about thirty */
  headLinesMax: 100,
  /** bytes of a request's body that are read: the largest report, and one more to notice a larger one */
  bodyBytesMax: limits.reportBytesMax + 1,
  /** characters of the line before each chunk, its extensions included */
  chunkLineMax: 1024,
  /** bytes of the trailer fields after the last chunk; they are not used */
  trailerBytesMax: 8192,
  /** ms for which a connection may be silent, before its first request and between two requests */
  idleMs: 10_000,
  /** ms from the first byte of a head to its last: a head is a packet or two */
  headMs: 10_000,
  /** ms from the start of reading a body to its last byte: 1 MiB in that time is 280 kbit/s */
  bodyMs: 30_000,
  /** ms until an answer is ready; requests to other servers for it have shorter deadlines */
  answerMs: 60_000,
  /** bytes of an answer that are written at a time: each such write that completes counts as progress … */
  writeBytes: 16_384,
  /** … and ms without progress after which the connection of a client that reads nothing is closed */
  stallMs: 10_000,
  /** ms after which a connection whose client reads nothing, or is still sending a body, may be closed to make room for others */
  crowdedMs: 2000,
  /** bytes of all answers together that wait to be read; beyond it, the connection that has waited longest is closed */
  unreadBytesMax: 64 * 1_048_576,
  /** ms for which a rejected sender may go on sending: it can read the reason, and a source does not stream forever */
  refusedMs: 5000,
  /** connections at most: those of 1,600 new listeners a second, each kept for as long as it may be idle … */
  connectionsMax: 16_384,
  /** … fraction of them that one network may have, so that it cannot keep out others; trusted proxies may have all */
  networkShare: 1 / 4,
  /** bits of an address that identify a network: the range that one customer has, or can easily get */
  networkBits: { ipv4: 24, ipv6: 64 },
  /** descriptors reserved for other uses: the runtime, the store, the log, and connections to servers that are polled or probed */
  descriptorsKept: 64,
  /** connections if the system does not tell how many descriptors there are */
  connectionsUnknownMax: 960,
  /** ms between two checks for connections past their deadline */
  sweepMs: 250,
  /** ms between two log lines about connections closed to make room */
  crowdedLogMs: 60_000,
} as const
