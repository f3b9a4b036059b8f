import { extensionOf, type SegmentExtension, segmentTypes } from '../../shared/hls/kinds.ts'
import type { Mount } from '../../shared/mount.ts'
import type { Packagers } from './packagers.ts'

/** A media playlist, of which each session gets its own text. */
export interface ServedPlaylist {
  /** s */
  targetSeconds: number
  /** @param query that is added to each segment, with its `?`, or empty */
  textFor(query: string): string
}

/** A segment or an initialization segment: its bytes in pieces, which are not copied. */
export interface ServedSegment {
  type: string
  pieces: readonly Uint8Array[]
  bytes: number
}

/** Where the objects of HLS come from: this server's own packagers, or a master. */
export interface HlsObjects {
  /** undefined: no such mount, or it is not packaged */
  playlist(mount: Mount): Promise<ServedPlaylist | undefined>
  /** undefined: no such segment, or not any more */
  segment(mount: Mount, number: number, extension: SegmentExtension): Promise<ServedSegment | undefined>
  init(mount: Mount, number: number): Promise<ServedSegment | undefined>
}

/** The objects of mounts that this server packages itself. */
export class PackagedObjects implements HlsObjects {
  #packagers: Packagers

  constructor(packagers: Packagers) {
    this.#packagers = packagers
  }

  async playlist(mount: Mount): Promise<ServedPlaylist | undefined> {
    const packager = await this.#packagers.request(mount)
    if (!packager) return undefined
    const { targetSeconds, playlist } = packager.window
    return { targetSeconds, textFor: (query) => playlist.textFor(query) }
  }

  segment(mount: Mount, number: number, extension: SegmentExtension): Promise<ServedSegment | undefined> {
    const segment = this.#packagers.get(mount)?.window.get(number)
    const served =
      segment && extensionOf(segment.kind) === extension
        ? { type: segmentTypes[extension], pieces: segment.pieces, bytes: segment.bytes }
        : undefined
    return Promise.resolve(served)
  }

  init(mount: Mount, number: number): Promise<ServedSegment | undefined> {
    const bytes = this.#packagers.get(mount)?.window.init(number)
    return Promise.resolve(bytes && { type: segmentTypes.m4s, pieces: [bytes], bytes: bytes.length })
  }
}
