import { getLogger } from '@logtape/logtape'
import { putPolled, reportsItself } from '../../shared/api/accept-polled.ts'
import type { Registry } from '../../shared/cluster/registry.ts'
import { readBounded } from '../../shared/http/bounded-body.ts'
import { printBasic } from '../../shared/http/credentials.ts'
import { limits } from '../../shared/limits.ts'
import { reportOfStats } from '../../shared/polled/report.ts'
import type { PolledServer } from '../../shared/polled/server.ts'
import { parseStatsXml, parseStatusJson, StatsError } from '../../shared/polled/stats.ts'
import type { Report } from '../../shared/report/report.ts'
import { version } from '../../shared/version.ts'
import { edgeLimits } from '../limits.ts'
import { withDeadline } from './deadline.ts'
import { type Next, Rota } from './rota.ts'

const logger = getLogger(['distributary', 'edge', 'poll'])

/** The runtime's own, or a test's. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface Outgoing {
  registry: Registry
  fetch: Fetch
  nowMs: () => number
  /** connections at a time */
  atOnce: number
}

/** Not like an Icecast's, which would be a relay's (S11). */
export const agent = `distributary/${version}`

/** how often in a row a server could not be read */
type Failures = number

/**
 * Reads the stats of every polled server at its interval and reports for it. What cannot be read stores nothing, so
 * that such a server is stale by its deadline like any that reports no more.
 */
export const createPoller = ({ registry, fetch, nowMs, atOnce }: Outgoing): Rota<PolledServer, Failures> =>
  new Rota({
    members: () => registry.polled.servers,
    keyOf: (server) => server,
    nowMs,
    atOnce,
    async visit(server, failures = 0) {
      try {
        if (!reportsItself(registry, server.id, nowMs())) {
          const report = await poll(server, fetch)
          const isNamed = registry.polled.servers.get(server.id) === server // and was not while we waited
          if (isNamed && !reportsItself(registry, server.id, nowMs())) putPolled(registry, report, nowMs())
        }
        if (failures > 0) logger.info('{id} can be read again', { id: server.id })
        return { pauseMs: server.interval * 1000, state: 0 }
      } catch (error) {
        if (failures === 0)
          logger.warning('{id} cannot be read: {problem}', { id: server.id, problem: say(error) })
        return afterFailure(server, failures + 1)
      }
    },
  })

/** Twice at its interval, as its deadline leaves room for, then ever more seldom: those that answer must not wait for it. */
function afterFailure({ interval }: PolledServer, failures: Failures): Next<Failures> {
  const pauseMs = interval * 1000 * 2 ** Math.max(0, Math.min(failures, 10) - 2)
  return { pauseMs: Math.min(pauseMs, Math.max(interval * 1000, edgeLimits.pollPauseMs)), state: failures }
}

/** fetch says no more than that it failed, and why in the cause. */
const say = (error: unknown) =>
  String(error instanceof Error && error.cause !== undefined ? error.cause : error)

/**
 * Reads a server's stats once. Follows no redirect, since the operator named this server and its login is for it alone.
 * Throws where it does not answer in time, with anything but 200, with too much, or with what is no stats.
 */
export async function poll(server: PolledServer, fetch: Fetch): Promise<Report> {
  const text = await withDeadline(edgeLimits.outgoingMs, (signal) => readStats(server, fetch, signal))
  return reportOfStats(server, server.kind === 'xml' ? parseStatsXml(text) : parseStatusJson(text))
}

async function readStats(
  { kind, url, login }: PolledServer,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<string> {
  const response = await fetch(url + (kind === 'xml' ? '/admin/stats' : '/status-json.xsl'), {
    redirect: 'manual',
    headers: { 'User-Agent': agent, ...(login && { Authorization: printBasic(login) }) },
    signal,
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new StatsError(`it answered ${response.status}, expected 200`)
  }
  const body = await readBounded(response.body, limits.statsBytesMax)
  if (!body) throw new StatsError(`stats of more than ${limits.statsBytesMax} bytes`)
  return new TextDecoder().decode(body) // a title that is no UTF-8 must not hide the listeners
}
