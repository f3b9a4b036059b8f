/** Measures how long the part of a file read so far plays. */
export interface MediaClock {
  /** Adds the next bytes. @throws FormatError if they are not of the announced format */
  push(bytes: Uint8Array): void
  /** total duration so far in ms, as far as it is understood */
  readonly playedMs: number
  /** bytes at the beginning that a player must not, or need not, get again in the next round; left out: none */
  readonly headerBytes?: number | undefined
}
