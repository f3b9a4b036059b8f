import type { Server } from '../../../shared/draw/server.ts'
import { NewsReader } from '../../../shared/news/news-reader.ts'
import type { News } from '../../../shared/news/published-servers.ts'

/** A reader of news, and the servers that it has told of, by id. */
export function readerOf() {
  const servers = new Map<string, Server>()
  const reader = new NewsReader({
    put: (server) => servers.set(server.report.id, server),
    debit(id, debit, debitKbps) {
      const server = servers.get(id)
      if (server) servers.set(id, { ...server, debit, debitKbps })
    },
    remove: (id) => servers.delete(id),
  })
  return { reader, servers }
}

/** The servers that some pages of news tell of, to a reader that begins with them. */
export function serversIn(pages: readonly News[]): Server[] {
  const { reader, servers } = readerOf()
  for (const page of pages) reader.apply(page)
  return [...servers.values()]
}
