import { type Context, Hono } from 'hono'
import type { ClusterEnv } from '../../shared/api/routes.ts'
import { isRelayAgent, mountHeaders, retryAfterSeconds } from '../../shared/draw/redirect.ts'
import { hlsPath, parseHlsPath } from '../../shared/hls/paths.ts'
import { encodingsOf } from '../../shared/http/takes-gzip.ts'
import { printMount } from '../../shared/mount.ts'
import type { MountDeps } from '../deps.ts'
import { carriedObjects } from './carried-objects.ts'
import { answerCarried, responseTo } from './carry.ts'
import { carrierAt } from './multivariant.ts'

const textHeaders = { ...mountHeaders, 'Content-Type': 'text/plain; charset=utf-8' }

/** The paths below `/hls/`: the edge steers; segments are at the servers, unless it carries them. */
export function hlsApp(deps: MountDeps, splitUrl: (url: string) => { path: string; query: string }) {
  const app = new Hono<ClusterEnv>()
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
      const encodings = encodingsOf(c.env, c.req.raw.headers)
      const player = { mount, object, query, range, encodings }
      return answerCarried(player, carried, carrying, () => retryAfterSeconds(deps.roll()))
    }
    const view = await deps.cluster.current()
    if (object.kind === 'steering')
      return responseTo(deps.hls.steer(view, { mount, query, sender: c.env }, carrierAt(config, c.env)))
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
