import { getLogger } from '@logtape/logtape'
import { type PolledServer, PolledServerError, parsePolledServer } from '../polled/server.ts'
import type { ServerTable } from './server-table.ts'

const logger = getLogger(['distributary', 'store'])

/** The servers that a decider polls, stored as the text of the operator who named them. */
export class PolledServers {
  #table: ServerTable | undefined
  #servers = new Map<string, PolledServer>()

  /** Loads the servers from the table; those that this version cannot parse are not polled. */
  constructor(table: ServerTable | undefined) {
    this.#table = table
    for (const body of table?.polled() ?? []) this.#restore(body)
  }

  /** By id. */
  get servers(): ReadonlyMap<string, PolledServer> {
    return this.#servers
  }

  /** Stores a server, replacing one with the same id. `body` is the text that it was parsed from. */
  put(server: PolledServer, body: string): void {
    this.#table?.putPolled(server.id, body)
    this.#servers.set(server.id, server)
  }

  /** Removes a server; returns false if there is none of that id. */
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
      // another version may have written it with other fields, so it stays in the table
      logger.error('stored server not polled: cannot be parsed', { why: error.message })
    }
  }
}
