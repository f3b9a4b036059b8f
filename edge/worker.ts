import { env, waitUntil } from 'cloudflare:workers'
import { getLogger } from '@logtape/logtape'
import type { RequestFacts } from '../shared/api/routes.ts'
import type { ClusterEvent } from '../shared/cluster/watch/event.ts'
import { startLog } from '../shared/log/log.ts'
import { createEdge } from './app.ts'
import { type EdgeConfig, EdgeConfigError, parseConfig } from './config.ts'
import { edgeLimits } from './limits.ts'
import { type AddressFacts, baseOf, hereOf, ownBases } from './listener/own-addresses.ts'
import { cacheStore } from './workers/cache-store.ts'
import { clientEncodingsOf } from './workers/client-encodings.ts'
import { clusterObjectOf, reportsObjectOf } from './workers/objects.ts'
import { type ClusterStub, RemoteCluster } from './workers/remote-cluster.ts'
import { whereaboutsOf } from './workers/whereabouts.ts'

export { ClusterObject } from './workers/cluster-object.ts'
export { ReportsObject } from './workers/reports-object.ts'

type Handler = (request: Request) => Response | Promise<Response>

const logger = getLogger(['distributary', 'edge'])

/** Created once per isolate. With a bad environment every answer reports the error, since a Worker cannot refuse to start. */
const answer = createAnswer()

export default { fetch: answer } satisfies ExportedHandler<Env>

function createAnswer(): Handler {
  try {
    const config = parseConfig({ ...env })
    startLog(config.logLevel)
    let worker: Handler | undefined
    // before its first request the clock of an isolate is at 1970
    return (request) => {
      worker ??= createWorker(config)
      return worker(request)
    }
  } catch (error) {
    if (!(error instanceof EdgeConfigError)) throw error
    const { message } = error
    return () => new Response(`${message}\n`, { status: 503, headers: { 'Cache-Control': 'no-store' } })
  }
}

const defer = (work: Promise<unknown>) =>
  waitUntil(work.catch((error: unknown) => logger.warning('deferred work failed', { error })))

function createWorker(config: EdgeConfig): Handler {
  const cluster = new RemoteCluster({
    stub: () => clusterStub(config),
    nowMs: Date.now,
    roll: Math.random,
    sleep: (ms) => scheduler.wait(ms),
    defer,
    maxListenersDefault: config.maxListenersDefault,
  })
  const edge = createEdge({
    config,
    cluster,
    nowMs: Date.now,
    roll: Math.random,
    redirected: (server, kbps) => cluster.redirected(server, kbps),
    carrying: {
      fetch: (url, init) => fetch(url, init),
      bytesMax: edgeLimits.carriedWorkersBytesMax,
      gzip: 'by the runtime',
      store: cacheStore(config.publicUrls, caches.default),
      defer,
    },
    startedAtMs: Date.now(),
  })
  return (request) => edge.answer(request, factsOf(request, config.publicUrls))
}

/**
 * The object that holds the cluster. The runtime's types for values sent to it lose that a pair has two elements; the two
 * casts restore it, which is safe since both ends are this code.
 */
function clusterStub({ locationHint }: EdgeConfig): ClusterStub {
  const object = clusterObjectOf(env, locationHint)
  return {
    exchange: (sent, have) => object.exchange(sent, have),
    accept: (post, epoch) => object.accept(post, epoch),
    acceptBy: (gatherer, post, epoch) => reportsObjectOf(env, gatherer, locationHint).accept(post, epoch),
    register: (registration) => object.register(registration),
    addPolled: (body) => object.addPolled(body),
    setDrain: (id, drained, by) => object.setDrain(id, drained, by),
    forget: (id, by) => object.forget(id, by),
    wrongLogin: (login) => object.wrongLogin(login),
    history: (query) => object.history(query),
    plays: (query) => object.plays(query),
    seen: () => object.seen(),
    events: async () => (await object.events()) as readonly ClusterEvent[],
    check: () => object.check(),
  }
}

/**
 * On Workers only Cloudflare is between the listener and the edge, so its URL, address and location can be trusted.
 * Each fact is computed when it is read: most redirects need only two of them.
 */
const factsOf = (request: Request, publicUrls: readonly string[]): RequestFacts => ({
  address: request.headers.get('cf-connecting-ip') ?? undefined,
  secure: request.url.startsWith('https:'),
  get base() {
    return baseOf(askedOf(request, publicUrls))
  },
  get bases() {
    return ownBases(askedOf(request, publicUrls))
  },
  get here() {
    return hereOf(askedOf(request, publicUrls))
  },
  get encodings() {
    return clientEncodingsOf(request)
  },
  get from() {
    return whereaboutsOf(request)
  },
})

const askedOf = ({ url }: Request, publicUrls: readonly string[]): AddressFacts => {
  const { protocol, host } = new URL(url)
  return { publicUrls, secure: protocol === 'https:', host, hidesHttps: false }
}
