import type { Mount } from '../mount.ts'
import type { SegmentExtension } from './kinds.ts'

/** A media playlist, of which each session gets its own text. */
export interface ServedPlaylist {
  /** s */
  targetSeconds: number
  /** @param query that is added to each segment, with its `?`, or empty */
  textFor(query: string): string
  /** its mount asks who may listen, so it is not for everybody */
  isPrivate?: boolean
}

/** A segment or an initialization segment: its bytes in pieces, which are not copied. */
export interface ServedSegment {
  type: string
  pieces: readonly Uint8Array[]
  bytes: number
  isPrivate?: boolean
}

/** Where the objects of HLS come from: a server's own packagers, or a master. */
export interface HlsObjects {
  /** undefined: no such mount, or it is not packaged */
  playlist(mount: Mount): Promise<ServedPlaylist | undefined>
  /** undefined: no such segment, or not any more */
  segment(mount: Mount, number: number, extension: SegmentExtension): Promise<ServedSegment | undefined>
  init(mount: Mount, number: number): Promise<ServedSegment | undefined>
  /** The same playlist if it is here, so that nobody has to wait; undefined: {@link playlist} tells. */
  playlistHere?(mount: Mount): ServedPlaylist | undefined
  /** The same segment if it is here; undefined: {@link segment} tells. */
  segmentHere?(mount: Mount, number: number, extension: SegmentExtension): ServedSegment | undefined
}
