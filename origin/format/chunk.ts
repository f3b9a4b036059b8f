/** A piece of a mount's stream, shared by all its listeners. */
export interface Chunk {
  readonly bytes: Uint8Array
  /** offsets at which a frame begins, ascending; a listener may begin there */
  readonly frames: readonly number[]
}
