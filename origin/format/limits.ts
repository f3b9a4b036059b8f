/** Bounds of what a container may ask us to hold, each with its unit and its reason. */
export const formatLimits = {
  /** bytes of a stream's header, which the mount keeps and sends to each listener: a cover picture in the comments fits */
  headerBytesMax: 1_048_576,
  /** bytes in a row that cannot be understood: more than tags, or a page cut short, so another format than was said */
  noiseBytesMax: 262_144,
  /** bytes in a row that cannot be understood behind a WebM header that could: some Clusters of rich video */
  lostBytesMax: 16_777_216,
  /** streams in one link of an Ogg chain: Icecast ends a source at more than 10 */
  oggStreamsMax: 32,
  /** bytes of a WebM element other than Segment and Cluster: a key frame of 4K video fits; more is taken for noise */
  elementBytesMax: 4_194_304,
  /** bytes of a Cluster that wait for its first picture, which says whether a listener may begin there: sound of a second or two */
  undecidedBytesMax: 32_768,
  /** Clusters in a row without a key frame at their beginning, until listeners begin at any: a minute or more of most streams */
  keylessClustersMax: 64,
  /** bytes of a tag between frames that wait until all of it is there: covers fit; a bigger one goes out as it comes */
  tagHeldBytesMax: 1_048_576,
  /** bytes of a source in which it shows whether it is what it says: some frames behind a big cover */
  sniffBytesMax: 1_048_576,
  /** bytes without a frame after which a stream counts as one of which no frames are known: the longest frames are of 8 kB */
  framelessBytesMax: 65_536,
} as const

/** A feed that is not what its content type says, or that asks for more than we hold; its message is for the log. */
export class FormatError extends Error {
  override name = 'FormatError'
}
