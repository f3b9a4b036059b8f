import { hlsLimits } from './limits.ts'

/** What a fetch of an object brought. */
export interface FetchedObject {
  status: number
  type: string
  bytes: Uint8Array<ArrayBuffer>
  /** only for listeners that the master accepts: `Cache-Control: private` */
  isPrivate?: boolean
}

export interface ObjectCacheOptions {
  /** bytes of objects held */
  bytesMax: number
  /** a clock that does not step back, ms */
  nowMs: () => number
}

/** How to get an object that is not held. */
export interface ObjectSource {
  /** Fetches it from the masters, in order; rejects if none answers. */
  fetch: () => Promise<FetchedObject>
  /** of an answer of status 200 */
  lifetimeOf: (object: FetchedObject) => Lifetime
}

/** How long an answer is used: fresh without asking again, and stale while the master cannot be asked. */
export interface Lifetime {
  freshMs: number
  staleMs: number
}

interface Held {
  object: FetchedObject
  fetchedAtMs: number
  freshMs: number
  staleMs: number
}

/**
 * Copies of a master's objects, each fetched once however many ask for it at the same time. The oldest are dropped where there are too
 * many bytes; that an object is not there is remembered for a moment.
 */
export class ObjectCache {
  #options: ObjectCacheOptions
  /** in the order of their last use */
  #held = new Map<string, Held>()
  /** the one used last */
  #newest: Held | undefined
  #bytes = 0
  #fetching = new Map<string, Promise<FetchedObject>>()
  /** fetches that failed a moment ago, oldest first */
  #failed = new Map<string, { error: unknown; untilMs: number }>()

  constructor(options: ObjectCacheOptions) {
    this.#options = options
  }

  /** bytes held */
  get bytes(): number {
    return this.#bytes
  }

  /** objects held, and fetches under way */
  get size(): { held: number; fetching: number } {
    return { held: this.#held.size, fetching: this.#fetching.size }
  }

  /** The object at a path if a fresh copy is held. */
  fresh(path: string): FetchedObject | undefined {
    const held = this.#held.get(path)
    if (!held || this.#options.nowMs() - held.fetchedAtMs >= held.freshMs) return undefined
    if (this.#newest !== held) {
      this.#held.delete(path)
      this.#held.set(path, held)
      this.#newest = held
    }
    return held.object
  }

  /** The object at a path; rejects if the masters cannot be asked and no copy is young enough. */
  async get(path: string, source: ObjectSource): Promise<FetchedObject> {
    const fresh = this.fresh(path)
    if (fresh) return fresh
    const held = this.#held.get(path)
    try {
      return await (this.#fetching.get(path) ?? this.#fetch(path, source))
    } catch (error) {
      if (held && this.#options.nowMs() - held.fetchedAtMs < held.staleMs) return held.object
      throw error
    }
  }

  async #fetch(path: string, { fetch, lifetimeOf }: ObjectSource): Promise<FetchedObject> {
    const { nowMs } = this.#options
    const failed = this.#failed.get(path)
    if (failed && nowMs() < failed.untilMs) throw failed.error
    if (this.#fetching.size >= hlsLimits.fetchesMax)
      throw new Error(`${hlsLimits.fetchesMax} objects are being fetched already`)
    const fetching = fetch()
      .then((object) => {
        const missing = { freshMs: hlsLimits.missingMs, staleMs: hlsLimits.missingMs }
        this.#keep(path, {
          object,
          fetchedAtMs: nowMs(),
          ...(object.status === 200 ? lifetimeOf(object) : missing),
        })
        this.#failed.delete(path)
        return object
      })
      .catch((error: unknown) => {
        this.#fail(path, error)
        throw error
      })
      .finally(() => this.#fetching.delete(path))
    this.#fetching.set(path, fetching)
    return fetching
  }

  /** A thousand players ask again, and none of them has to wait for the same failure. */
  #fail(path: string, error: unknown): void {
    this.#failed.delete(path)
    this.#failed.set(path, { error, untilMs: this.#options.nowMs() + hlsLimits.missingMs })
    const [oldest] = this.#failed.keys()
    if (this.#failed.size > hlsLimits.rememberedMax && oldest !== undefined) this.#failed.delete(oldest)
  }

  #keep(path: string, held: Held): void {
    this.#drop(path)
    this.#held.set(path, held)
    this.#newest = held
    this.#bytes += costOf(path, held)
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#options.bytesMax || oldest === path) break
      this.#drop(oldest)
    }
  }

  #drop(path: string): void {
    const held = this.#held.get(path)
    if (!held) return
    this.#held.delete(path)
    this.#bytes -= costOf(path, held)
  }
}

/** bytes of an entry in addition to its object: names of objects that are not there cost memory too */
const entryBytes = 256
const costOf = (path: string, { object }: Held) => object.bytes.length + path.length + entryBytes
