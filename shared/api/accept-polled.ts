import type { Registry } from '../cluster/registry.ts'
import { isLive } from '../draw/server.ts'
import { limits } from '../limits.ts'
import { emptyReport } from '../polled/report.ts'
import { type PolledServer, PolledServerError, parsePolledServer } from '../polled/server.ts'
import type { Report } from '../report/report.ts'
import { printSourcelist } from '../report/sourcelist.ts'

/** The answer to an operator who names a server to poll: 201 a new one, 200 one that was changed. Plain data. */
export type Named = { status: 200 | 201; id: string } | { status: 400 | 409; text: string }

/**
 * Takes in a server to poll. It is known from now on, and carries nothing until its stats have been read.
 * Whatever the answer but 200 and 201, nothing changed.
 */
export function acceptPolled(registry: Registry, body: string, nowMs: number): Named {
  let server: PolledServer
  try {
    server = parsePolledServer(body)
  } catch (error) {
    if (error instanceof PolledServerError) return { status: 400, text: `${error.message}\n` }
    throw error
  }
  const { id } = server
  const { servers } = registry.polled
  const isNew = !servers.has(id)
  if (isNew && servers.size >= limits.polledMax)
    return { status: 409, text: `${servers.size} servers are polled, expected at most ${limits.polledMax}\n` }
  if (reportsItself(registry, id, nowMs))
    return {
      status: 409,
      text: `id "${id}" is held by a live server that reports by itself, expected another\n`,
    }
  registry.polled.put(server, body)
  putPolled(registry, emptyReport(server), nowMs)
  return { status: isNew ? 201 : 200, id }
}

/** Whether a server keeps us informed by itself, and needs no polling. */
export function reportsItself(registry: Registry, id: string, nowMs: number): boolean {
  const known = registry.view.servers.get(id)
  return known !== undefined && !known.polled && isLive(known, nowMs)
}

/** Stores the report that was made for a server. */
export function putPolled(registry: Registry, report: Report, nowMs: number): void {
  registry.put(report, printSourcelist(report), nowMs, { polled: true })
}
