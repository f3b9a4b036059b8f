import {
  isInside,
  isReachable,
  type Outcome,
  type Probed,
  probedUrl,
  type Silence,
  silenceAfter,
} from '../../shared/draw/probe.ts'
import { isLive, type Server } from '../../shared/draw/server.ts'
import { problemOf } from '../../shared/http/problem.ts'
import { edgeLimits } from '../limits.ts'
import { withDeadline } from './deadline.ts'
import { agent, type Fetch, type Outgoing } from './poller.ts'
import { Rota } from './rota.ts'

/** The addresses of a name; rejects if it has none. */
export type Lookup = (host: string) => Promise<string[]>

export interface ProberDeps extends Outgoing {
  /** undefined if the runtime itself blocks internal networks (Workers) */
  lookup: Lookup | undefined
}

/**
 * Connects to every live server at intervals, and takes a server out of the draw when it gives no HTTP answer three times in
 * a row (`PROBE`), unless the prober gets no answers from any server. A server on an internal network is not probed; its
 * reports alone decide whether it is in the draw.
 */
export function createProber({ registry, fetch, nowMs, atOnce, lookup }: ProberDeps): Rota<Server, Silence> {
  /** when each live server that was probed last answered; -Infinity: never */
  const heardMs = new Map<string, number>()
  function* othersHeardMs(id: string): Iterable<number> {
    for (const [other, atMs] of heardMs) if (other !== id && registry.view.servers.has(other)) yield atMs
  }
  const heard = (id: string, atMs: number) => {
    heardMs.set(id, atMs)
    const { servers } = registry.view
    if (heardMs.size <= servers.size) return
    for (const other of heardMs.keys()) if (!servers.has(other)) heardMs.delete(other)
  }
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
      const found: ProbeResult = url === undefined ? { outcome: 'inside' } : await probe(url, fetch, lookup)
      if (found.outcome === 'untold') return { pauseMs: edgeLimits.probeAgainMs, state: before }
      if (found.outcome === 'answered') heard(id, startMs)
      // an edge that never had a network gets no answers from the start
      else if (found.outcome === 'silent' && !heardMs.has(id)) heard(id, Number.NEGATIVE_INFINITY)
      const now =
        found.outcome === 'inside'
          ? undefined
          : silenceAfter(before, found.outcome, startMs, othersHeardMs(id), patienceMs(found))
      if (servers.has(id))
        registry.setProbed(id, probedAfter(registry.probedOf(id), url, found, now), nowMs())
      return { pauseMs: now ? edgeLimits.probeAgainMs : pauseMs, state: now }
    },
  })
}

/** A new name does not resolve everywhere at once: a resolver remembers for a minute or so that it did not exist. */
const patienceMs = ({ isUnknownName }: ProbeResult) => (isUnknownName ? edgeLimits.unknownNameMs : 0)

/** The new finding about a server after one more probe: the first one or two failures do not change it. */
function probedAfter(
  before: Probed | undefined,
  url: string | undefined,
  { outcome, problem }: ProbeResult,
  now: Silence | undefined,
): Probed | undefined {
  if (url === undefined || outcome === 'inside') return undefined
  if (isReachable(now)) return outcome === 'answered' || before?.url !== url ? okAt(url, outcome) : before
  return { url, problem: problem ?? 'no answer' }
}

const okAt = (url: string, outcome: ProbeResult['outcome']): Probed | undefined =>
  outcome === 'answered' ? { url, problem: undefined } : undefined

/** Cloudflare answers 520 to 530 for a server that gave it no answer; a Worker's fetch gives no other sign of one. */
const isFromCloudflare = (status: number) => status >= 520 && status <= 530

/** The result of one probe: `inside` if it was not made, `untold` if the edge itself failed. */
export interface ProbeResult {
  outcome: Outcome | 'inside' | 'untold'
  /** why there was no answer, in a few words */
  problem?: string
  /** its name does not resolve here yet, or no longer */
  isUnknownName?: boolean
}

/** Probes a server once, unless its name resolves to an internal address. */
export async function probe(url: string, fetch: Fetch, lookup: Lookup | undefined): Promise<ProbeResult> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  try {
    return await withDeadline(edgeLimits.outgoingMs, async (signal): Promise<ProbeResult> => {
      if (lookup && (await within(signal, lookup(host))).some(isInside)) return { outcome: 'inside' }
      const init = { method: 'HEAD', redirect: 'manual', headers: { 'User-Agent': agent }, signal } as const
      const response = await fetch(`${url}/`, init)
      await response.body?.cancel()
      return isFromCloudflare(response.status)
        ? { outcome: 'silent', problem: `Cloudflare got no answer from it (${response.status})` }
        : { outcome: 'answered' }
    })
  } catch (error) {
    const { text, isOurs, isUnknownName } = problemOf(error)
    return isOurs ? { outcome: 'untold' } : { outcome: 'silent', problem: text, isUnknownName }
  }
}

/** A look-up cannot be aborted, but need not be waited for; a resolver that is down says nothing about the server. */
const within = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('EAI_AGAIN: the resolver does not answer')))
    work.then(resolve, reject)
  })
