import { type Context, Hono } from 'hono'
import type { ClusterEnv } from '../../shared/api/routes.ts'
import { isRelayAgent, mountHeaders, retryAfterSeconds } from '../../shared/draw/redirect.ts'
import { Balance } from '../../shared/hls/balance.ts'
import { BusyMeter } from '../../shared/hls/busy-meter.ts'
import { hlsPath, parseHlsPath } from '../../shared/hls/paths.ts'
import { printMount } from '../../shared/mount.ts'
import type { MountDeps } from '../deps.ts'
import { carriedObjects } from './carried-objects.ts'
import { answerCarried } from './carry.ts'
import { steeringFor } from './steering.ts'

const textHeaders = { ...mountHeaders, 'Content-Type': 'text/plain; charset=utf-8' }
const manifestHeaders = { ...mountHeaders, 'Cache-Control': 'no-store', 'Content-Type': 'application/json' }

/** The paths below `/hls/`: the edge steers; segments are at the servers, unless it carries them. */
export function hlsApp(deps: MountDeps, splitUrl: (url: string) => { path: string; query: string }) {
  const app = new Hono<ClusterEnv>()
  const meter = new BusyMeter(deps.nowMs)
  const balance = new Balance(deps.config.maxListenersDefault)
  const steered = { ...deps, balance, isBusy: () => meter.isBusy }

  const { config, cluster, carrying, nowMs } = deps
  const carried = carriedObjects({
    ...carrying,
    accounts: config.accounts,
    current: () => cluster.current(),
    nowMs,
  })

  app.get('/hls/*', async (c) => {
    const { path, query } = splitUrl(c.req.url)
    const asked = parseHlsPath(path)
    if (!asked) return c.body('there is no such HLS object\n', 404, textHeaders)
    const { mount, object } = asked
    const isOfRelay = isRelayAgent(c.req.header('user-agent'))
    // the servers are not asked for before a segment that is here already
    if (config.hlsEdge !== 'off' && object.kind !== 'steering' && !isOfRelay) {
      const range = c.req.header('range')
      return answerCarried({ mount, object, query, range }, carried, () => retryAfterSeconds(deps.roll()))
    }
    const view = await deps.cluster.current()
    if (object.kind === 'steering') {
      meter.count()
      const manifest = view.isKnown(mount, deps.nowMs())
        ? steeringFor(view, mount, query, steered, c.env)
        : undefined
      return manifest === undefined
        ? c.body('no server carries this mount, or none has room\n', 404, textHeaders)
        : c.body(manifest, 200, manifestHeaders)
    }
    if (isOfRelay) {
      const master = view.master(mount, deps.nowMs())
      const url = master && masterUrl(master.report.urls, c)
      if (url !== undefined) return redirect(c, `${url}${hlsPath(mount, object)}`)
    }
    return c.body(
      `this edge does not carry HLS; begin at ${printMount(mount)}.m3u8, which names the servers\n`,
      404,
      textHeaders,
    )
  })
  return app
}

/** A relay asks by the scheme that it can use. */
const masterUrl = (urls: readonly string[], { env }: Context<ClusterEnv>) =>
  urls.find((url) => url.startsWith(env.secure ? 'https:' : 'http:')) ?? urls[0]

const redirect = (c: Context, location: string) =>
  c.body(null, 302, { ...mountHeaders, 'Content-Length': '0', Location: location })
