import { extensionOf, type SegmentExtension, segmentTypes } from '../../shared/hls/kinds.ts'
import type { HlsObjects, ServedPlaylist, ServedSegment } from '../../shared/hls/served.ts'
import type { Mount } from '../../shared/mount.ts'
import type { Packagers } from './packagers.ts'

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
