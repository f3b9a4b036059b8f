import { extensionOf, type SegmentExtension, segmentTypes } from '../../shared/hls/kinds.ts'
import type { HlsObjects, ServedPlaylist, ServedSegment } from '../../shared/hls/served.ts'
import type { Mount } from '../../shared/mount.ts'
import type { Packagers } from './packagers.ts'
import type { Segment } from './segment.ts'

/** The objects of mounts that this server packages itself. */
export class PackagedObjects implements HlsObjects {
  #packagers: Packagers
  #known = new WeakMap<Segment, ServedSegment>()

  constructor(packagers: Packagers) {
    this.#packagers = packagers
  }

  async playlist(mount: Mount): Promise<ServedPlaylist | undefined> {
    const packager = await this.#packagers.request(mount)
    return packager?.window.playlist
  }

  segment(mount: Mount, number: number, extension: SegmentExtension): Promise<ServedSegment | undefined> {
    return Promise.resolve(this.segmentHere(mount, number, extension))
  }

  playlistHere(mount: Mount): ServedPlaylist | undefined {
    return this.#packagers.ready(mount)?.window.playlist
  }

  segmentHere(mount: Mount, number: number, extension: SegmentExtension): ServedSegment | undefined {
    const segment = this.#packagers.get(mount)?.window.whole(number)
    return segment && extensionOf(segment.kind) === extension ? this.#served(segment) : undefined
  }

  /** The same object for all that ask, so that what is made of it is made once. */
  #served(segment: Segment): ServedSegment {
    const known = this.#known.get(segment)
    if (known) return known
    const { pieces, bytes, kind } = segment
    const served = { type: segmentTypes[extensionOf(kind)], pieces, bytes }
    this.#known.set(segment, served)
    return served
  }

  init(mount: Mount, number: number): Promise<ServedSegment | undefined> {
    const bytes = this.#packagers.get(mount)?.window.init(number)
    return Promise.resolve(bytes && { type: segmentTypes.m4s, pieces: [bytes], bytes: bytes.length })
  }
}
