import { type SegmentExtension, segmentTypes } from '../../shared/hls/kinds.ts'
import { hlsLimits } from '../../shared/hls/limits.ts'
import { type MirroredPlaylist, readMirrored } from '../../shared/hls/mirrored-playlist.ts'
import { type FetchedObject, type Lifetime, ObjectCache } from '../../shared/hls/object-cache.ts'
import { type HlsObject, hlsPath } from '../../shared/hls/paths.ts'
import type { Mount } from '../../shared/mount.ts'
import type { HlsObjects, ServedPlaylist, ServedSegment } from './objects.ts'

const text = new TextDecoder('utf-8', { fatal: true })

export interface MirroredObjectsDeps {
  nowMs: () => number
  /** Asks the masters of a mount for a path, in the order of its relay; rejects if none answers. */
  fetch: (mount: Mount, path: string) => Promise<FetchedObject>
}

/** The objects of mounts that a master packages: each is fetched once, however many listeners ask for it. */
export class MirroredObjects implements HlsObjects {
  #cache: ObjectCache
  /** by the answer that it was read from: the text is parsed once */
  #read = new WeakMap<FetchedObject, MirroredPlaylist | undefined>()

  #fetch: MirroredObjectsDeps['fetch']

  constructor({ nowMs, fetch }: MirroredObjectsDeps) {
    this.#cache = new ObjectCache({ bytesMax: hlsLimits.cacheBytesMax, nowMs })
    this.#fetch = fetch
  }

  async playlist(mount: Mount): Promise<ServedPlaylist | undefined> {
    const object = await this.#get(mount, { kind: 'media' }, (answer) => {
      const targetMs = (this.#playlistIn(answer)?.targetSeconds ?? 0) * 1000
      // half a target duration, as players ask again; never older than one
      return { freshMs: Math.max(targetMs / 2, hlsLimits.missingMs), staleMs: targetMs }
    })
    return object.status === 200 ? this.#playlistIn(object) : undefined
  }

  segment(mount: Mount, number: number, extension: SegmentExtension): Promise<ServedSegment | undefined> {
    return this.#segment(mount, { kind: 'segment', number, extension }, segmentTypes[extension])
  }

  init(mount: Mount, number: number): Promise<ServedSegment | undefined> {
    return this.#segment(mount, { kind: 'init', number }, segmentTypes.m4s)
  }

  async #segment(mount: Mount, object: HlsObject, type: string): Promise<ServedSegment | undefined> {
    const forever = { freshMs: Number.POSITIVE_INFINITY, staleMs: Number.POSITIVE_INFINITY }
    const { status, bytes } = await this.#get(mount, object, () => forever)
    return status === 200 ? { type, pieces: [bytes], bytes: bytes.length } : undefined
  }

  #get(
    mount: Mount,
    object: HlsObject,
    lifetimeOf: (object: FetchedObject) => Lifetime,
  ): Promise<FetchedObject> {
    const path = hlsPath(mount, object)
    return this.#cache.get(path, { fetch: () => this.#fetch(mount, path), lifetimeOf })
  }

  #playlistIn(object: FetchedObject): MirroredPlaylist | undefined {
    if (!this.#read.has(object)) this.#read.set(object, parse(object.bytes))
    return this.#read.get(object)
  }
}

function parse(bytes: Uint8Array): MirroredPlaylist | undefined {
  try {
    return readMirrored(text.decode(bytes))
  } catch {
    return undefined // not UTF-8
  }
}
