import { limits } from '../../shared/limits.ts'

/** Bounds of the connections of an edge that is a program of its own: the same on Node, Bun and Deno. */
export const httpLimits = {
  /** bytes of a request's head, its blank line included: what Node's own server takes, cookies of a browser and all */
  headBytesMax: 16_384,
  /** lines of a head: browsers send some thirty */
  headLinesMax: 100,
  /** bytes of a request's body that are taken in: those of a report, and one more to see that it is larger */
  bodyBytesMax: limits.reportBytesMax + 1,
  /** characters of the line before each chunk, its extensions included */
  chunkLineMax: 1024,
  /** bytes of the fields behind the last chunk; nobody here reads them */
  trailerBytesMax: 8192,
  /** ms for which a connection may say nothing, before its first request and between two */
  idleMs: 10_000,
  /** ms from the first byte of a head to its last: a head is a packet or two */
  headMs: 10_000,
  /** ms from when a body is wanted to its last byte: 1 MiB in it is 280 kbit/s */
  bodyMs: 30_000,
  /** ms for an answer to be found; what is asked outside for one has a shorter deadline of its own */
  answerMs: 60_000,
  /** bytes of an answer that are handed on at a time: each time that they are taken counts as progress … */
  writeBytes: 16_384,
  /** … and ms without any, after which a client that reads nothing is closed */
  stallMs: 10_000,
  /** ms after which one who takes nothing of an answer, or is at a body still, makes room for others where there is none */
  crowdedMs: 2000,
  /** bytes of answers in all that wait to be read, before the one that has waited the longest is closed */
  unreadBytesMax: 64 * 1_048_576,
  /** ms for which a sender that was refused may go on sending: it reads why, and a source does not stream on for ever */
  refusedMs: 5000,
  /** connections at most: those of 1,600 new listeners a second, each of whom keeps his for as long as it may be idle … */
  connectionsMax: 16_384,
  /** … part of them that one network may have, so that it cannot keep out the rest; trusted proxies may have all */
  networkShare: 1 / 4,
  /** bits of an address by which networks are told apart: what one customer has, or can have for the asking */
  networkBits: { ipv4: 24, ipv6: 64 },
  /** descriptors that no connection gets: the runtime's own, the store's, the log's, and servers that are polled or probed */
  descriptorsKept: 64,
  /** connections where the system does not say how many descriptors there are */
  connectionsUnknownMax: 960,
  /** ms between two looks for connections that are late */
  sweepMs: 250,
  /** ms between two log lines about connections that are closed for others */
  crowdedLogMs: 60_000,
} as const
