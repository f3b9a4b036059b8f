import { getLogger } from '@logtape/logtape'
import {
  isInside,
  isReachable,
  type Outcome,
  probedUrl,
  type Silence,
  silenceAfter,
} from '../shared/probe.ts'
import { isLive, type Server } from '../shared/server.ts'
import { withDeadline } from './deadline.ts'
import { edgeLimits } from './limits.ts'
import { agent, type Fetch, type Outgoing } from './poller.ts'
import { Rota } from './rota.ts'

const logger = getLogger(['distributary', 'edge', 'probe'])

/** The addresses of a name; rejects where it has none. */
export type Lookup = (host: string) => Promise<string[]>

export interface ProberDeps extends Outgoing {
  /** undefined where the runtime itself keeps us out of inner networks (Workers) */
  lookup: Lookup | undefined
}

/**
 * Connects to every live server again and again, and takes out of the draw those that give no HTTP answer three times
 * in a row (contract §3, PROBE), unless it is the prober that hears nobody any more. A server on the inside is not
 * probed, and in the draw by its reports alone.
 */
export function createProber({ registry, fetch, nowMs, atOnce, lookup }: ProberDeps): Rota<Server, Silence> {
  /** when each live server that ever answered last did */
  const heardMs = new Map<string, number>()
  const othersHeardMs = (id: string) =>
    [...heardMs].flatMap(([other, atMs]) => (other !== id && registry.view.servers.has(other) ? [atMs] : []))
  return new Rota<Server, Silence>({
    members: () => registry.view.servers,
    keyOf: ({ report }) => report.urls.join(' '),
    nowMs,
    atOnce,
    async visit(server, before) {
      const { id, urls } = server.report
      const { servers } = registry.view
      const pauseMs = Math.max(edgeLimits.probeMs, (servers.size / edgeLimits.probesPerSecond) * 1000)
      const startMs = nowMs()
      const url = probedUrl(urls)
      if (!isLive(server, startMs)) {
        heardMs.delete(id)
        return { pauseMs, state: before }
      }
      const outcome = url === undefined ? 'inside' : await probe(url, fetch, lookup)
      if (outcome === 'answered') heardMs.set(id, startMs)
      const now = outcome === 'inside' ? undefined : silenceAfter(before, outcome, startMs, othersHeardMs(id))
      if (servers.has(id)) registry.setReachable(id, isReachable(now))
      report(id, url, before, now)
      return { pauseMs: now ? edgeLimits.probeAgainMs : pauseMs, state: now }
    },
  })
}

function report(
  id: string,
  url: string | undefined,
  before: Silence | undefined,
  now: Silence | undefined,
): void {
  if (isReachable(before) && !isReachable(now)) logger.warning('{id} does not answer at {url}', { id, url })
  if (!isReachable(before) && isReachable(now)) logger.info('{id} answers again at {url}', { id, url })
}

/** 520 to 530 are Cloudflare's word for a server that it got no answer from; a Worker's fetch says nothing else of one. */
const isFromCloudflare = (status: number) => status >= 520 && status <= 530

/** One connection, unless the name leads to an address on the inside. */
export async function probe(
  url: string,
  fetch: Fetch,
  lookup: Lookup | undefined,
): Promise<Outcome | 'inside'> {
  const { hostname } = new URL(url)
  try {
    if (lookup && (await lookup(hostname.replace(/^\[|\]$/g, ''))).some(isInside)) return 'inside'
    const response = await withDeadline(edgeLimits.outgoingMs, (signal) =>
      fetch(`${url}/`, { method: 'HEAD', redirect: 'manual', headers: { 'User-Agent': agent }, signal }),
    )
    await response.body?.cancel()
    return isFromCloudflare(response.status) ? 'silent' : 'answered'
  } catch {
    return 'silent'
  }
}
