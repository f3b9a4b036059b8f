import { LastKnown } from '../last-known.ts'
import type { Mount } from '../mount.ts'
import { type SegmentExtension, segmentTypes } from './kinds.ts'
import { hlsLimits } from './limits.ts'
import { type MirroredPlaylist, readMirrored } from './mirrored-playlist.ts'
import { type FetchedObject, type Lifetime, ObjectCache } from './object-cache.ts'
import { type HlsObject, hlsPath } from './paths.ts'
import type { HlsObjects, ServedPlaylist, ServedSegment } from './served.ts'

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type Mirrored = MirroredPlaylist & ServedPlaylist

export interface MirroredObjectsDeps {
  nowMs: () => number
  /** bytes of objects that are kept */
  bytesMax?: number
  /** Asks the masters of a mount for a path, in the order of its relay; rejects if none answers, or with more than so many bytes. */
  fetch: (mount: Mount, path: string, bytesMax: number) => Promise<FetchedObject>
}

/** The objects of mounts that a master packages: each is fetched once, however many listeners ask for it. */
export class MirroredObjects implements HlsObjects {
  #cache: ObjectCache
  /** by the answer that it was read from: the text is parsed once */
  #read = new WeakMap<FetchedObject, Mirrored | undefined>()
  #segments = new WeakMap<FetchedObject, ServedSegment>()
  /** the last playlist of each mount that the masters had less than a minute ago */
  #latest: LastKnown<Mount, Mirrored>
  #deps: MirroredObjectsDeps

  constructor(deps: MirroredObjectsDeps) {
    const { nowMs, bytesMax = hlsLimits.cacheBytesMax } = deps
    this.#deps = deps
    this.#cache = new ObjectCache({ bytesMax, nowMs })
    this.#latest = new LastKnown(nowMs, hlsLimits.returnMs, hlsLimits.rememberedMax)
  }

  /** @throws if the masters cannot be asked, or have lost the mount a moment ago: it may come back, so players ask again */
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

  playlistHere(mount: Mount): ServedPlaylist | undefined {
    const object = this.#cache.fresh(hlsPath(mount, { kind: 'media' }))
    return object?.status === 200 ? this.#playlistIn(object) : undefined
  }

  segmentHere(mount: Mount, number: number, extension: SegmentExtension): ServedSegment | undefined {
    const object = this.#cache.fresh(hlsPath(mount, { kind: 'segment', number, extension }))
    return object?.status === 200 ? this.#served(object, segmentTypes[extension]) : undefined
  }

  init(mount: Mount, number: number): Promise<ServedSegment | undefined> {
    return this.#segment(mount, { kind: 'init', number }, segmentTypes.m4s)
  }

  async #segment(mount: Mount, object: HlsObject, type: string): Promise<ServedSegment | undefined> {
    const forever = { freshMs: Number.POSITIVE_INFINITY, staleMs: Number.POSITIVE_INFINITY }
    const fetched = await this.#get(mount, object, () => forever)
    return fetched.status === 200 ? this.#served(fetched, type) : undefined
  }

  /** The same object for all that ask, so that what is made of it is made once. */
  #served(fetched: FetchedObject, type: string): ServedSegment {
    const known = this.#segments.get(fetched)
    if (known) return known
    const { bytes, isPrivate } = fetched
    const served = { type, pieces: [bytes], bytes: bytes.length, isPrivate: isPrivate === true }
    this.#segments.set(fetched, served)
    return served
  }

  #get(
    mount: Mount,
    object: HlsObject,
    lifetimeOf: (object: FetchedObject) => Lifetime,
  ): Promise<FetchedObject> {
    const path = hlsPath(mount, object)
    const fetch = () =>
      object.kind === 'segment' || object.kind === 'init'
        ? this.#fetchSegment(mount, path, object)
        : this.#fetchPlaylist(mount, path)
    return this.#cache.get(path, { fetch, lifetimeOf })
  }

  /** Anybody can make numbers up: the master is asked only for those that it may have by its playlist. */
  async #fetchSegment(
    mount: Mount,
    path: string,
    { kind, number }: HlsObject & { kind: 'segment' | 'init' },
  ): Promise<FetchedObject> {
    const isOutside = () => this.#latest.get(mount)?.mayHave(kind, number) === false
    // there may be a newer playlist: its master has restarted
    if (isOutside()) await this.playlist(mount).catch(() => undefined)
    if (isOutside()) return { status: 404, type: '', bytes: new Uint8Array() }
    const object = await this.#deps.fetch(mount, path, hlsLimits.segmentBytesMax)
    if (object.status === 404) void this.playlist(mount).catch(() => undefined)
    return object
  }

  async #fetchPlaylist(mount: Mount, path: string): Promise<FetchedObject> {
    const object = await this.#deps.fetch(mount, path, hlsLimits.playlistBytesMax)
    if (object.status === 200) {
      const playlist = this.#playlistIn(object)
      if (!playlist) throw new Error(`the answer to ${path} is not a playlist of our masters`)
      this.#latest.note(mount, playlist)
    } else if (this.#latest.get(mount)) throw new Error(`the masters of ${mount} have lost it a moment ago`)
    return object
  }

  #playlistIn(object: FetchedObject): Mirrored | undefined {
    if (!this.#read.has(object)) {
      const playlist = parse(object.bytes)
      this.#read.set(object, playlist && object.isPrivate ? { ...playlist, isPrivate: true } : playlist)
    }
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
