import { getLogger } from '@logtape/logtape'
import { hasTls } from '../../shared/api/notes.ts'
import type { Server } from '../../shared/draw/server.ts'

const logger = getLogger(['distributary', 'edge'])

/** Logs once for each server without an https url that https pages cannot play from it; and again after it has had one. */
export class TlsWatch {
  readonly #told = new Set<string>()

  look(servers: ReadonlyMap<string, Server>): void {
    for (const id of this.#told) if (!servers.has(id)) this.#told.delete(id)
    for (const [id, server] of servers) {
      if (hasTls(server)) this.#told.delete(id)
      else if (!this.#told.has(id)) {
        this.#told.add(id)
        logger.warning(
          'server has no https url: listeners come to the edge by https, and a page by https cannot play from it',
          {
            id,
            urls: server.report.urls,
          },
        )
      }
    }
  }
}
