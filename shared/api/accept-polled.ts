import type { Registry } from '../cluster/registry.ts'
import { isLive } from '../draw/server.ts'
import { limits } from '../limits.ts'
import { emptyReport } from '../polled/report.ts'
import { type PolledServer, PolledServerError, parsePolledServer } from '../polled/server.ts'
import type { Report } from '../report/report.ts'
import { printSourcelist } from '../report/sourcelist.ts'

/** The answer to an operator who names a server to poll: 201 if it is new, 200 if it was changed. Plain data. */
export type PolledServerAnswer = { status: 200 | 201; id: string } | { status: 400 | 409; text: string }

/**
 * Adds a server to poll. It is known from now on, and carries no mounts until its stats have been read.
 * Nothing changes unless the answer is 200 or 201.
 */
export function acceptPolled(registry: Registry, body: string, nowMs: number): PolledServerAnswer {
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
      text: `id "${id}" is held by a live server that reports by itself, expected another id\n`,
    }
  registry.polled.put(server, body)
  putPolled(registry, emptyReport(server), nowMs)
  return { status: isNew ? 201 : 200, id }
}

/** Whether a server reports by itself, so that it need not be polled. */
export function reportsItself(registry: Registry, id: string, nowMs: number): boolean {
  const known = registry.view.servers.get(id)
  return known !== undefined && !known.polled && isLive(known, nowMs)
}

/** Stores a report made from a server's stats. */
export function putPolled(registry: Registry, report: Report, nowMs: number): void {
  registry.put(report, printSourcelist(report), nowMs, { polled: true })
}
