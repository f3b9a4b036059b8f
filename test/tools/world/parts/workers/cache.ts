import type { ObjectStore } from '../../../../../edge/carrying.ts'
import type { FetchedObject } from '../../../../../shared/hls/object-cache.ts'

/** of what is kept, the share that is gone when it is asked for: the Cache API promises nothing */
const lostShare = 0.2

/** The Cache API of a data centre, which all isolates there share: it forgets what it likes. */
export class CacheOfRuntime implements ObjectStore {
  readonly #kept = new Map<string, FetchedObject>()
  readonly #roll: () => number

  constructor(roll: () => number) {
    this.#roll = roll
  }

  async get(path: string): Promise<FetchedObject | undefined> {
    return this.#roll() < lostShare ? undefined : this.#kept.get(path)
  }

  async put(path: string, object: FetchedObject): Promise<void> {
    this.#kept.set(path, object)
  }
}
