/** Limits on the data that a container can make this server hold, each with its unit and its reason. */
export const formatLimits = {
  /** bytes of a stream header, which the mount keeps and sends to each listener: comments with a cover picture fit */
  headerBytesMax: 1_048_576,
  /**
   * bytes in a row that cannot be parsed: more than tags or a truncated page, so the format is not the announced one
   */
  noiseBytesMax: 262_144,
  /** bytes in a row that cannot be parsed after a valid WebM header: a few Clusters of high-bitrate video */
  lostBytesMax: 16_777_216,
  /** logical streams in one link of an Ogg chain: Icecast ends a source that has more than 10 */
  oggStreamsMax: 32,
  /** bytes of an Ogg packet that is packaged for HLS: a FLAC frame of 65,536 samples in 8 channels of 32 bits */
  packetBytesMax: 2_097_152,
  /** bytes of a WebM element other than Segment and Cluster: a 4K key frame fits; a larger size is treated as noise */
  elementBytesMax: 4_194_304,
  /**
   * bytes of a Cluster held until its first picture shows whether a listener may begin there: a second or two of audio
   */
  undecidedBytesMax: 32_768,
  /**
   * Clusters in a row without a key frame first, before listeners begin at any Cluster: a minute or more of most
   * streams
   */
  keylessClustersMax: 64,
  /** bytes of a tag between frames that is held until complete: covers fit; a larger tag is passed on as it arrives */
  tagHeldBytesMax: 1_048_576,
  /** bytes examined to find out whether a source sends what it announces: some frames after a large cover picture */
  sniffBytesMax: 1_048_576,
  /** bytes without a frame after which a stream is treated as unframed: the longest frames have 8 kB */
  framelessBytesMax: 65_536,
  /** bytes of the largest tag that is skipped; a larger size is more likely random bytes than a picture */
  tagBytesMax: 16 * 1024 * 1024,
  /** bytes of the EBML element at the start of a WebM header: real ones have about 40 */
  ebmlBytesMax: 4096,
  /** tracks of a WebM stream whose times are kept: more are not played together */
  webmTracksMax: 64,
} as const

/** The feed does not match its content type, or exceeds a limit; the message is for the log. */
export class FormatError extends Error {
  override name = 'FormatError'
}
