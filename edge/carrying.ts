import type { FetchedObject } from '../shared/hls/object-cache.ts'
import type { Gzip } from '../shared/http/takes-gzip.ts'

/** How a runtime fetches objects of HLS, and where it keeps them beneath the program's own memory. */
export interface CarryingDeps {
  fetch: typeof fetch
  /** bytes that the program keeps in memory */
  bytesMax: number
  /** packs playlists; the runtime itself does so on Workers, where the header alone is set; undefined: they are sent as they are */
  gzip?: Gzip | 'by the runtime'
  /** a cache of the runtime that outlives the program, by path; undefined: none */
  store?: ObjectStore
  /** Keeps a fetch running that other requests wait for, though the request that began it is over. */
  defer?: (work: Promise<unknown>) => void
}

/** A runtime's own cache. */
export interface ObjectStore {
  get(path: string): Promise<FetchedObject | undefined>
  put(path: string, object: FetchedObject): Promise<void>
}
