import { getLogger } from '@logtape/logtape'
import { type PolledServer, PolledServerError, parsePolledServer } from '../polled/server.ts'
import type { ServerTable } from './server-table.ts'

const logger = getLogger(['distributary', 'store'])

/** The servers that a decider polls, kept durably by the words of the operator who named them. */
export class PolledServers {
  #table: ServerTable | undefined
  #servers = new Map<string, PolledServer>()

  /** Reads back what the table holds; what today's parser refuses is not polled. */
  constructor(table: ServerTable | undefined) {
    this.#table = table
    for (const body of table?.polled() ?? []) this.#restore(body)
  }

  /** By id. */
  get servers(): ReadonlyMap<string, PolledServer> {
    return this.#servers
  }

  /** Keeps a server, in place of one with its id. `body` is the text that it was parsed from. */
  put(server: PolledServer, body: string): void {
    this.#table?.putPolled(server.id, body)
    this.#servers.set(server.id, server)
  }

  /** False where there is none of that id. */
  remove(id: string): boolean {
    this.#table?.removePolled(id)
    return this.#servers.delete(id)
  }

  #restore(body: string): void {
    try {
      const server = parsePolledServer(body)
      this.#servers.set(server.id, server)
    } catch (error) {
      if (!(error instanceof PolledServerError)) throw error
      // another version may have written it with other fields: it stays where it is
      logger.error('a server to poll in the store cannot be read, and is not polled: {why}', {
        why: error.message,
      })
    }
  }
}
