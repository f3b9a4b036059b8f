import process from 'node:process'
import { Hono } from 'hono'
import { type ClusterEnv, unauthorized } from '../../shared/api/routes.ts'
import { metricsType } from '../../shared/http/metrics.ts'
import { proven } from '../http/logins.ts'
import { originMetrics, type ProcessUsage } from './metrics.ts'
import type { StatsDeps } from './tree.ts'

/** `/metrics`, with the admin's credentials as at the edge. */
export function metricsApp(deps: StatsDeps): Hono<ClusterEnv> {
  const app = new Hono<ClusterEnv>()
  app.get('/metrics', (c) =>
    proven(deps.config, c.req.header('authorization')).admin
      ? c.body(originMetrics(deps, usage()), 200, { 'Content-Type': metricsType })
      : unauthorized(c, 'expected the credentials of the admin\n'),
  )
  return app
}

function usage(): ProcessUsage {
  const { user, system } = process.cpuUsage()
  const { bun, node } = process.versions
  return {
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    runtime: bun === undefined ? `node ${node}` : `bun ${bun}`,
  }
}
