import { getLogger } from '@logtape/logtape'
import { putPolled, reportsItself } from '../../shared/api/accept-polled.ts'
import type { Registry } from '../../shared/cluster/registry.ts'
import { readBounded } from '../../shared/http/bounded-body.ts'
import { printBasic } from '../../shared/http/credentials.ts'
import { problemOf } from '../../shared/http/problem.ts'
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

/** `fetch` of the runtime, or of a test. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface Outgoing {
  registry: Registry
  fetch: Fetch
  nowMs: () => number
  /** connections at the same time */
  atOnce: number
}

/** Must not look like Icecast's, which counts as a relay (S11). */
export const agent = `distributary/${version}`

/** failures in a row, by server */
type Failures = number

/**
 * Reads the stats of every polled server at its interval, and reports on its behalf. Stats that cannot be read store
 * nothing, so the server becomes stale at its deadline, like one that stops reporting.
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
          const isNamed = registry.polled.servers.get(server.id) === server // it may have been replaced meanwhile
          if (isNamed && !reportsItself(registry, server.id, nowMs())) putPolled(registry, report, nowMs())
        }
        if (failures > 0) logger.info('poll succeeded again', { id: server.id })
        return { pauseMs: server.interval * 1000, state: 0 }
      } catch (error) {
        if (failures === 0) logger.warning('poll failed', { id: server.id, why: why(error) })
        return afterFailure(server, failures + 1)
      }
    },
  })

/** Twice at its interval, which its deadline allows, then less and less often: servers that answer must not wait for it. */
function afterFailure({ interval }: PolledServer, failures: Failures): Next<Failures> {
  const pauseMs = interval * 1000 * 2 ** Math.max(0, Math.min(failures, 10) - 2)
  return { pauseMs: Math.min(pauseMs, Math.max(interval * 1000, edgeLimits.pollPauseMs)), state: failures }
}

const why = (error: unknown) => (error instanceof StatsError ? error.message : problemOf(error).text)

/**
 * Reads a server's stats once. Redirects are not followed, since the operator named this server and its login is for it alone.
 * @throws if it does not answer in time, or the answer is not 200, too large, or not stats
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
  return new TextDecoder().decode(body) // a title that is not UTF-8 must not hide the listeners
}
