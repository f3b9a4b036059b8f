/** Bounds of files that listeners hear, each with its unit and its reason. */
export const mediaLimits = {
  /** bytes read at a time: half a second of a slow stream, so that none goes out in lumps */
  pieceBytes: 4096,
  /** ms that a file is ahead of its time, for players to begin with */
  aheadMs: 1000,
  /** bytes in which the first sound must come: more is no file of the kind that its name says */
  silentBytesMax: 1_048_576,
  /** bytes of an intro, which is kept in memory: four minutes at 128 kbit/s; what lies behind is not played */
  introBytesMax: 4_194_304,
  /** bytes of a dump file that wait for the disk, before the copy is given up: a minute of a rich stream */
  dumpBehindMax: 8_388_608,
} as const
