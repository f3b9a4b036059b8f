import { Hono } from 'hono'
import type { Cluster } from '../../shared/api/cluster.ts'
import { serverJson } from '../../shared/api/json.ts'
import {
  type ClusterEnv,
  isHttps,
  logRefused,
  printAnswer,
  refuseNoAdmin,
  refuseOtherSite,
} from '../../shared/api/routes.ts'
import { readBounded } from '../../shared/http/bounded-body.ts'
import type { Door } from '../../shared/http/login-door.ts'
import { limits } from '../../shared/limits.ts'
import type { EdgeConfig } from '../config.ts'

interface PolledDeps {
  cluster: Cluster
  config: EdgeConfig
  nowMs: () => number
  door: Door
}

/** The route by which an operator names a server to poll: a stock Icecast, or icecast-kh. */
export function polledApp({ cluster, config, nowMs, door }: PolledDeps): Hono<ClusterEnv> {
  const app = new Hono<ClusterEnv>()
  app.post('/api/servers', async (c) => {
    const stranger = await refuseNoAdmin(c, door, config.accounts, 'a server to poll')
    if (stranger) return printAnswer(c, stranger)
    const foreign = refuseOtherSite(c)
    if (foreign) {
      logRefused(c, 'a server to poll', foreign)
      return printAnswer(c, foreign)
    }
    const type = c.req.header('content-type') ?? ''
    if (!/^application\/json\s*(;|$)/i.test(type))
      return c.text(`Content-Type is "${type}", expected application/json\n`, 415)
    const body = await readBounded(c.req.raw.body, limits.polledBytesMax)
    if (!body)
      return c.text(`the body is larger than ${limits.polledBytesMax} bytes\n`, 413, { Connection: 'close' })
    const named = await cluster.addPolled(new TextDecoder().decode(body))
    if ('text' in named) return c.text(named.text, named.status)
    const view = await cluster.fresh()
    const server = view.servers.get(named.id)
    if (!server) return c.text(`the server "${named.id}" was deleted meanwhile\n`, 404)
    return c.json(serverJson(server, view, nowMs(), isHttps(c.env)), named.status)
  })
  return app
}
