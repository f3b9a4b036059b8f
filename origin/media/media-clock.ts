/** Tells of a file how long what has been read of it plays. */
export interface MediaClock {
  /** Takes in what comes next. @throws FormatError where that is not what it was said to be */
  push(bytes: Uint8Array): void
  /** ms that all of it plays, as far as it is understood */
  readonly playedMs: number
  /** bytes at the beginning that a player who has had them need not, or must not, get again; left out: none */
  readonly headerBytes?: number | undefined
}
