import { getLogger } from '@logtape/logtape'
import { sharedUrls } from '../../shared/api/shared-urls.ts'
import type { Server } from '../../shared/draw/server.ts'

const logger = getLogger(['distributary', 'edge'])

/** Logs once for each url that it is reported by several servers: all their listeners go to one; and again after it was not. */
export class UrlWatch {
  #told: ReadonlySet<string> = new Set()

  look(servers: ReadonlyMap<string, Server>, nowMs: number): void {
    const shared = sharedUrls(servers.values(), nowMs)
    for (const [url, ids] of shared)
      if (!this.#told.has(url))
        logger.warning('several servers report one url: the listeners of all go to one of them', {
          url,
          servers: ids.slice(0, 10),
        })
    this.#told = new Set(shared.keys())
  }
}
