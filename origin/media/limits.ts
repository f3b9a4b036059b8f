/** Limits on files that listeners hear, each with its unit and its reason. */
export const mediaLimits = {
  /** bytes read at a time: half a second of a low-bitrate stream, so that data is sent smoothly */
  pieceBytes: 4096,
  /** ms by which a file is sent ahead of playback, so that players can begin */
  aheadMs: 1000,
  /** bytes in which the first sound must come: otherwise the file is not of the kind that its name says */
  silentBytesMax: 1_048_576,
  /** bytes of an intro, which is kept in memory: four minutes at 128 kbit/s; the rest is not played */
  introBytesMax: 4_194_304,
  /** bytes of a dump file waiting for the disk, before the copy is stopped: a minute of a high-bitrate stream */
  dumpBehindMax: 8_388_608,
} as const
