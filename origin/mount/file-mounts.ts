import { open } from 'node:fs/promises'
import { getLogger } from '@logtape/logtape'
import { messageOf } from '../../shared/message-of.ts'
import { type Mount, printMount } from '../../shared/mount.ts'
import { locateFile } from '../files/locate.ts'
import { mediaTypeOf } from '../files/media-type.ts'
import { mediaClock } from '../media/clock.ts'
import { FileFeed, type FileFeedDeps } from '../media/file-feed.ts'
import type { FeedInfo } from './feed.ts'
import type { ActiveMount } from './mount.ts'

const log = getLogger(['distributary', 'mount'])

export interface FileMountsDeps extends FileFeedDeps {
  /** undefined: no files are served */
  webroot: () => string | undefined
  create: (name: Mount, info: FeedInfo) => ActiveMount
}

interface Playing {
  mount: ActiveMount
  feed: FileFeed
}

/** Files in the webroot that serve as fallbacks: each plays once for all its listeners, while it has any. */
export class FileMounts {
  #deps: FileMountsDeps
  #playing = new Map<Mount, Playing>()
  #beginning = new Map<Mount, Promise<ActiveMount | undefined>>()

  constructor(deps: FileMountsDeps) {
    this.#deps = deps
  }

  get(name: Mount): ActiveMount | undefined {
    return this.#playing.get(name)?.mount
  }

  list(): ActiveMount[] {
    return [...this.#playing.values()].map(({ mount }) => mount)
  }

  /** Whether a file of this name may be played, if it exists. */
  isFile(name: Mount): boolean {
    return this.#deps.webroot() !== undefined && mediaClock(mediaTypeOf(name)) !== undefined
  }

  /** Starts playing a file unless it plays already; undefined if it does not exist or cannot be played. */
  begin(name: Mount): Promise<ActiveMount | undefined> {
    const playing = this.get(name)
    if (playing) return Promise.resolve(playing)
    const beginning = this.#beginning.get(name) ?? this.#begin(name)
    this.#beginning.set(name, beginning)
    return beginning.finally(() => this.#beginning.delete(name))
  }

  /** Stops files without listeners. */
  rest(): void {
    for (const [name, { mount, feed }] of this.#playing) {
      if (mount.everyone.length > 0) continue
      this.#playing.delete(name)
      feed.stop()
    }
  }

  async #begin(name: Mount): Promise<ActiveMount | undefined> {
    const webroot = this.#deps.webroot()
    const located = webroot === undefined ? undefined : await locateFile(webroot, printMount(name))
    const file = located && (await open(located.path).catch((error: unknown) => sayWhy(name, error)))
    if (!file) return undefined
    const contentType = mediaTypeOf(name)
    const info: FeedInfo = { kind: 'source', contentType, headers: new Map(), owner: '' }
    const mount = this.#deps.create(name, info)
    const feed = new FileFeed(file, contentType, mount, this.#deps)
    return new Promise((resolve) => {
      let hasBegun = false
      const onFirst = () => {
        if (hasBegun) return
        hasBegun = true
        log.info('file plays', { file: name })
        mount.flush() // its header shows which listeners can play it
        this.#playing.set(name, { mount, feed })
        resolve(mount)
      }
      feed
        .play(onFirst)
        .catch((error: unknown) => sayWhy(name, error))
        .finally(() => {
          if (this.get(name) === mount) this.#playing.delete(name)
          mount.end()
          resolve(undefined)
        })
    })
  }
}

function sayWhy(name: Mount, error: unknown): undefined {
  log.error('cannot play file', {
    file: name,
    why: messageOf(error),
  })
}
