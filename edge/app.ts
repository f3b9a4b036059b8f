import { getLogger } from '@logtape/logtape'
import { Hono } from 'hono'
import {
  type ClusterEnv,
  clusterApp,
  printAnswer,
  type RequestFacts,
  refuseNoAdmin,
} from '../shared/api/routes.ts'
import { HlsDecider } from '../shared/cluster/hls-decider.ts'
import { StoreError, storeAnswer } from '../shared/cluster/store-error.ts'
import { momentOf } from '../shared/draw/moment.ts'
import { preflightHeaders } from '../shared/draw/redirect.ts'
import { LoginDoor, sleep } from '../shared/http/login-door.ts'
import { metricsType } from '../shared/http/metrics.ts'
import { slicedBody } from '../shared/http/slices.ts'
import { encodingsOf } from '../shared/http/takes-gzip.ts'
import { isOwnPath } from '../shared/mount.ts'
import type { EdgeDeps, MountDeps } from './deps.ts'
import { hlsApp } from './hls/routes.ts'
import { answerMount, placeMount } from './listener/answer.ts'
import { EncoderWatch, isOfEncoder } from './listener/encoders.ts'
import type { MountHead } from './listener/mount-head.ts'
import { type RequestUrl, splitRequestUrl } from './listener/request-url.ts'
import { polledApp } from './outreach/routes.ts'
import { controlRoom, controlRoomAssets, controlRoomHeaders } from './pages/control-room.ts'
import { edgeMetricSteps } from './pages/metrics.ts'
import { nowPlayingHeaders } from './pages/now-playing.ts'
import { refuseOtherMethods } from './pages/other-methods.ts'
import { pageHeaders } from './pages/page.ts'
import { PublicTexts } from './pages/public-texts.ts'
import { answerStreamList } from './pages/stream-list.ts'
import { hlsJsAsset } from './player/page.ts'
import { answerAsset } from './served-asset.ts'

const logger = getLogger(['distributary', 'edge'])

export interface Edge {
  /**
   * Answers any request.
   * @param url of the request as it came, if the runtime writes it in another way
   */
  answer(request: Request, facts: RequestFacts, url?: RequestUrl): Response | Promise<Response>
  /**
   * Places the listener that a GET or HEAD comes from: the `Location` of a 302, or the whole answer if it is another one;
   * undefined if the path does not name a mount: `answer` has the answer then.
   */
  place(head: MountHead, facts: RequestFacts): string | Response | Promise<Response> | undefined
}

/** Creates the edge: the answer to every request, on every runtime (docs/protocol.md#requests-to-an-edge). */
export function createEdge(parts: EdgeDeps): Edge {
  const door = new LoginDoor({
    nowMs: parts.nowMs,
    sleep,
    wrong: (login) => parts.cluster.wrongLogin(login),
  })
  const deps = { ...parts, door, hls: new HlsDecider(parts, parts.config.maxListenersDefault) }
  const encoders = new EncoderWatch(parts.nowMs)
  const app = ownPaths(deps)
  return {
    answer(request, facts, url = splitRequestUrl(request.url)) {
      if (request.method === 'OPTIONS') return answerPreflight(request)
      if (isOfEncoder(request.method, url.path)) encoders.saw(request, url.path, facts.address)
      if (!isOwnPath(url.path)) return answerMount(deps, request, url, facts)
      return request.method === 'HEAD' ? answerHead(app, request, facts) : app.fetch(request, facts)
    },
    place: (head, facts) => placeMount(deps, head, facts),
  }
}

function answerPreflight({ headers }: Request): Response {
  const asked = headers.get('access-control-request-headers')
  return new Response(null, { status: 204, headers: preflightHeaders(asked) })
}

/** Answers as to the GET, without the body but with its length, which the runtimes would give as 0. */
async function answerHead(app: Hono<ClusterEnv>, request: Request, facts: RequestFacts): Promise<Response> {
  const whole = await app.fetch(new Request(request, { method: 'GET' }), factsOfHead(facts))
  const head = new Response(null, whole)
  // a body that the runtime packs has no length yet
  const isUnknown = whole.headers.has('content-encoding') && !whole.headers.has('content-length')
  if (!isUnknown) head.headers.set('Content-Length', String((await whole.arrayBuffer()).byteLength))
  return head
}

/** The same facts, of a HEAD. A copy would lack those that a runtime works out when they are asked for. */
const factsOfHead = (facts: RequestFacts): RequestFacts =>
  new Proxy(facts, { get: (of, name) => name === 'head' || Reflect.get(of, name) })

/** The paths that are not mounts. */
function ownPaths(deps: MountDeps): Hono<ClusterEnv> {
  const { cluster, config, nowMs, door } = deps
  // without a Host header, Bun's request.url has no host either, and the router would find no path in it
  const app = new Hono<ClusterEnv>({ getPath: (request) => splitRequestUrl(request.url).path })
  const texts = new PublicTexts(nowMs, deps.startedAtMs)

  app.get('/', async (c) => {
    if (splitRequestUrl(c.req.url).query === '?servers') return c.redirect('/admin')
    const view = await cluster.current()
    return c.html(await texts.page(view, () => cluster.lastDay()), 200, pageHeaders)
  })
  for (const path of ['/admin', '/admin/'])
    app.get(path, async (c) => {
      const stranger = await refuseNoAdmin(c, door, config.accounts, 'the control room')
      if (stranger) return printAnswer(c, stranger)
      return c.html(controlRoom(), 200, controlRoomHeaders)
    })
  for (const served of [...controlRoomAssets, hlsJsAsset])
    app.get(served.path, ({ req, env }) => {
      const encodings = encodingsOf(env, req.raw.headers)
      return answerAsset(served, encodings, req.header('if-none-match'))
    })
  app.get('/healthz', (c) =>
    Promise.resolve()
      .then(() => cluster.check())
      .then(
        () => c.text('ok\n'),
        () => c.text('the store cannot be read\n', 503),
      ),
  )
  app.get('/status-json.xsl', async (c) => {
    const stats = texts.status(await cluster.current(), c.env.base, c.req.query('mount'))
    c.header('Content-Type', 'application/json; charset=UTF-8')
    c.header('Cache-Control', 'no-cache, no-store')
    c.header('Access-Control-Allow-Origin', '*')
    return c.body(stats)
  })
  app.get('/now', async (c) => {
    const playing = texts.playing(await cluster.current(), c.env.base, c.req.query('mount'))
    return c.body(playing, 200, { ...nowPlayingHeaders, 'Content-Type': 'application/json' })
  })
  app.get('/metrics', async (c) => {
    const stranger = await refuseNoAdmin(c, door, config.accounts, 'the metrics')
    if (stranger) return printAnswer(c, stranger)
    c.header('Content-Type', metricsType)
    const [view, seen] = await Promise.all([cluster.fresh(), cluster.seen()])
    return c.body(slicedBody(edgeMetricSteps(momentOf(view, nowMs()), seen.totals())))
  })
  app.get('/admin/streamlist.txt', (c) => answerStreamList(c, deps))
  app.get('/admin/streams', (c) => answerStreamList(c, deps))
  app.route('/', polledApp(deps))
  app.route('/', hlsApp(deps, splitRequestUrl))
  app.route('/', clusterApp(cluster, config.accounts, nowMs, door))
  refuseOtherMethods(app)
  app.onError((error, c) => {
    if (error instanceof StoreError) return printAnswer(c, storeAnswer(error))
    logger.error('request failed', { method: c.req.method, path: c.req.path, error })
    return c.text('internal error; see the edge log\n', 500)
  })
  app.notFound((c) => c.text('no such page at the edge\n', 404))
  return app
}
