/** Bounds of what a container may ask us to hold, each with its unit and its reason. */
export const formatLimits = {
  /** bytes of a stream's header, which the mount keeps and sends to each listener: a cover picture in the comments fits */
  headerBytesMax: 1_048_576,
  /** bytes in a row that cannot be understood: more than tags, or a page cut short, so another format than was said */
  noiseBytesMax: 262_144,
  /** streams in one link of an Ogg chain: Icecast ends a source at more than 10 */
  oggStreamsMax: 32,
  /** bytes of a WebM element other than Segment and Cluster: a key frame of 4K video fits; more is taken for noise */
  elementBytesMax: 4_194_304,
} as const

/** A feed that is not what its content type says, or that asks for more than we hold; its message is for the log. */
export class FormatError extends Error {
  override name = 'FormatError'
}
