import { Hono } from 'hono'
import type { ClusterEnv } from '../shared/api/routes.ts'
import type { AdminDeps } from './admin/call.ts'
import { adminApp } from './admin/routes.ts'
import { metricsApp } from './stats/metrics-route.ts'
import { playlistApp, webApp } from './web/routes.ts'

/**
 * Everything that is not a stream: pages, stats, the admin.
 * @param cluster routes of a master that redirects its own listeners; they come first
 */
export function originApp(deps: AdminDeps, cluster?: Hono<ClusterEnv>): Hono<ClusterEnv> {
  const app = new Hono<ClusterEnv>()
  if (cluster) app.route('/', cluster)
  app.route('/', metricsApp(deps))
  app.route('/', webApp(deps))
  app.route('/', adminApp(deps))
  app.route('/', playlistApp(deps))
  return app
}
